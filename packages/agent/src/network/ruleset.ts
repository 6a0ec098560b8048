/** What the firewall of a machine has to say, as data. */
export interface Gateway {
  /** The WireGuard interface. */
  readonly tunnel: string;
  /** The machine's own address in the tunnel. */
  readonly address: string;
  /** TCP ports that peers may reach on it. */
  readonly ports: readonly number[];
  /** Where service addresses are taken from, server-wide. */
  readonly servicePool: string;
  /** Where devices and machines have their addresses, server-wide. */
  readonly devicePool: string;
  /** Where containers of this machine have theirs; never routed beyond it. */
  readonly containerPool: string;
  readonly environments: readonly GatewayEnvironment[];
}

export interface GatewayEnvironment {
  readonly id: string;
  /** Its part of the service pool. */
  readonly block: string;
  /** Tunnel addresses of the devices that may use it. */
  readonly devices: readonly string[];
  readonly services: readonly { readonly address: string; readonly container: string }[];
}

/** The nftables table of an interface: one for each, so that nothing of another program's is ever touched. */
export function tableName(tunnel: string): string {
  return `cilo_agent_${tunnel}`;
}

/** Link-local addresses, where clouds keep what a machine's owner alone may read. */
const METADATA = "169.254.0.0/16";

/**
 * The whole table, as input for `nft -f`: in one step it takes the place of the one before, so that there is no moment
 * without it and starting again never doubles a rule. Pure.
 *
 * What comes in through the tunnel reaches the agent's own ports and, from devices of that environment, an
 * environment's service addresses; nothing else, on no way: not other ports of the machine, not containers by their own
 * addresses, not other peers. Containers reach no service address, no peer, and not the machine itself.
 *
 * Translation stands before Docker's own (priority -100), and happens after the raw table, in which Docker 28 drops what
 * is addressed to a container directly.
 */
export function ruleset(gateway: Gateway): string {
  const table = tableName(gateway.tunnel);
  const body = [sets(gateway), gate(gateway), translation(gateway), input(gateway), forward(gateway), source(gateway)];
  return `table ip ${table} {}\ndelete table ip ${table}\ntable ip ${table} {\n${body.join("\n")}\n}\n`;
}

function sets({ environments }: Gateway): string {
  const allowed = environments.flatMap(({ block, devices }) => devices.map((device) => `${device} . ${block}`));
  const services = environments.flatMap((one) => one.services.map((each) => `${each.address} : ${each.container}`));
  const routes = environments.flatMap((one) => one.services.map((each) => `${each.address} . ${each.container}`));
  const usage = environments.map(({ id, block }) => `${block} : "${id}"`);
  return [
    ...environments.map(({ id }) => `  counter ${id} {}`),
    `  set allowed { type ipv4_addr . ipv4_addr; flags interval;${elements(allowed)} }`,
    `  map services { type ipv4_addr : ipv4_addr;${elements(services)} }`,
    `  set routes { type ipv4_addr . ipv4_addr;${elements(routes)} }`,
    `  map usage { type ipv4_addr : counter; flags interval;${elements(usage)} }`,
  ].join("\n");
}

function elements(list: readonly string[]): string {
  return list.length === 0 ? "" : ` elements = { ${list.join(", ")} };`;
}

/**
 * Before translation, while the service address is still to be seen. What counts as use is payload: a segment that is
 * pushed or longer than any bare acknowledgement, and every datagram; no handshake and no keepalive.
 */
function gate({ tunnel, servicePool }: Gateway): string {
  const count = "counter name ip daddr map @usage";
  return chain("gate", "filter hook prerouting priority -150", [
    `iifname != "${tunnel}" ip daddr ${servicePool} drop`,
    `iifname "${tunnel}" ip daddr ${servicePool} ip saddr . ip daddr != @allowed drop`,
    `iifname "${tunnel}" ip daddr ${servicePool} tcp flags & psh == psh ${count}`,
    `iifname "${tunnel}" ip daddr ${servicePool} tcp flags & psh == 0 ip length > 100 ${count}`,
    `iifname "${tunnel}" ip daddr ${servicePool} meta l4proto udp ${count}`,
  ]);
}

function translation({ tunnel }: Gateway): string {
  return chain("translate", "nat hook prerouting priority -110", [
    `iifname "${tunnel}" dnat to ip daddr map @services`,
  ]);
}

function input({ tunnel, address, ports, containerPool }: Gateway): string {
  return chain("input", "filter hook input priority -10", [
    "ct state established,related accept",
    `iifname "${tunnel}" ip daddr ${address} tcp dport { ${ports.join(", ")} } accept`,
    `iifname "${tunnel}" ip daddr ${address} icmp type echo-request accept`,
    `iifname "${tunnel}" drop`,
    `iifname != "lo" ip daddr ${address} drop`,
    // Podman's name server for containers is at the bridge's own address.
    `ip saddr ${containerPool} meta l4proto { tcp, udp } th dport 53 accept`,
    `ip saddr ${containerPool} drop`,
    `iifname "docker0" drop`,
  ]);
}

function forward({ tunnel, servicePool, devicePool, containerPool }: Gateway): string {
  return chain("forward", "filter hook forward priority -10", [
    `iifname "${tunnel}" tcp flags syn tcp option maxseg size set rt mtu`,
    `oifname "${tunnel}" tcp flags syn tcp option maxseg size set rt mtu`,
    `iifname "${tunnel}" oifname "${tunnel}" drop`,
    // A connection outlives the table: what it was translated to may be another environment's by now.
    `iifname "${tunnel}" ct status dnat ct original ip daddr . ip daddr @routes accept`,
    `iifname "${tunnel}" reject with icmp type host-unreachable`,
    `oifname "${tunnel}" ct direction reply ct original ip daddr ${servicePool} accept`,
    `oifname "${tunnel}" drop`,
    `ip saddr ${containerPool} ip daddr { ${devicePool}, ${servicePool} } drop`,
    `ip daddr ${METADATA} drop`,
  ]);
}

/** The container sees its own network's gateway as the caller: one on an internal network knows no way to another. */
function source({ servicePool }: Gateway): string {
  return chain("source", "nat hook postrouting priority 90", [
    `ct status dnat ct original ip daddr ${servicePool} masquerade`,
  ]);
}

function chain(name: string, hook: string, rules: readonly string[]): string {
  return [`  chain ${name} {`, `    type ${hook}; policy accept;`, ...rules.map((rule) => `    ${rule}`), "  }"].join(
    "\n",
  );
}
