import type { AgentConfig } from "@cilo/api";

/**
 * The nftables input of `--firewall`: from outside, the machine answers to SSH and WireGuard and nothing else, published
 * ports of containers included. What the machine and its containers begin themselves is not touched. Pure.
 */
export function firewallRules({ sshPort, listenPort }: Pick<AgentConfig, "sshPort" | "listenPort">): string {
  const inside = `iifname { "lo", "docker0", "br-*", "veth*", "podman*", "cni-*", "cilo*" }`;
  return `table inet cilo_firewall {}
delete table inet cilo_firewall
table inet cilo_firewall {
  chain input {
    type filter hook input priority -5; policy accept;
    ct state established,related accept
    ${inside} accept
    meta l4proto { icmp, ipv6-icmp } accept
    tcp dport ${sshPort} accept
    udp dport ${listenPort} accept
    udp sport 67 udp dport 68 accept
    udp dport 546 accept
    drop
  }
  chain forward {
    type filter hook forward priority -5; policy accept;
    ct state established,related accept
    ${inside} accept
    drop
  }
}`;
}
