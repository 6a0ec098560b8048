import { prelude } from "./places.ts";

/** Looks at a machine and changes nothing. Prints `name=value` lines; `missing` and `engine` once for each. */
export const lookScript = `${prelude}
say() { printf '%s=%s\\n' "$1" "$2"; }
say system "$(uname -s)"
say machine "$(uname -m)"
(
  ID=unknown VERSION_ID=
  [ -r /etc/os-release ] && . /etc/os-release
  say distribution "$ID"
  say version "$VERSION_ID"
)
systemd && say systemd yes
say memoryMb "$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)"
say cpus "$(getconf _NPROCESSORS_ONLN)"
folder=/opt
[ -d "$folder" ] || folder=/
say diskFreeMb "$(df -Pm "$folder" | awk 'NR == 2 { print $4 }')"
if have ip && ip link add cilo-probe type wireguard 2>/dev/null; then
  ip link delete cilo-probe
  say kernelWireGuard yes
elif [ -d /sys/module/wireguard ] || { have modprobe && modprobe -qn wireguard 2>/dev/null; }; then
  say kernelWireGuard yes
fi
[ -c /dev/net/tun ] && say tun yes
if have dockerd || docker version >/dev/null 2>&1; then say engine docker; fi
have podman && say engine podman
have docker && docker compose version >/dev/null 2>&1 && say compose yes
for name in ip iptables nft rsync wg wireguard-go; do have "$name" || say missing "$name"; done
for name in apt-get dnf apk zypper pacman; do have "$name" && { say packager "$name"; break; }; done
say end yes
`;
