import { AGENT_NODE_ENV, AGENT_NODE_OPTIONS } from "@cilo/api";
import { prelude } from "./places.ts";

const nodeOptions = AGENT_NODE_OPTIONS.join(" ");
const nodeEnv = Object.entries({ ...AGENT_NODE_ENV, NODE_COMPILE_CACHE: "/opt/cilo-agent/current/cache" })
  .map(([name, value]) => `${name}=${value}`)
  .join(" ");

/** The command that an archive is sent to. Constant, and without a quote: a login shell of any kind reads it. */
export const receiveCommand = "umask 077 && mkdir -p /opt/cilo-agent && exec cat >/opt/cilo-agent/incoming";

/** Prints `present` when the version `$1` is there whole. */
export const presentScript = `${prelude}
[ -d "$program/versions/$1" ] && echo present
exit 0
`;

/** Unpacks what was sent as the version `$1`, which is called `$3`, if its SHA-256 is `$2`. A version is there whole or not at all. */
export const unpackScript = `${prelude}
cd $program
printf '%s  incoming\\n' "$2" | sha256sum -c - >/dev/null 2>&1 || { rm -f incoming; fail "the agent did not arrive as it was sent (SHA-256)"; }
rm -rf staging
mkdir -m 0755 staging
tar -xzf incoming -C staging --no-same-owner
staging/bin/node --version >/dev/null || fail "the agent's Node does not run on this machine"
printf '%s\\n' "$3" >staging/version
mkdir -p versions
mv staging "versions/$1"
rm -f incoming
chmod 0755 $program versions
`;

/** Functions that start and stop the agent, with systemd or without. */
const service = `
unit=/etc/systemd/system/cilo-agent.service
script=/etc/init.d/cilo-agent
put() {
  # put FILE MODE: standard input becomes the file, whole, if it is another; true when it was.
  cat >"$1.new"
  chmod "$2" "$1.new"
  if cmp -s "$1.new" "$1"; then rm -f "$1.new"; return 1; fi
  mv -f "$1.new" "$1"
}
write_service() {
  if systemd; then
    put $unit 0644 <<'UNIT'
[Unit]
Description=Cilo agent
Wants=network-online.target
After=network-online.target docker.service podman.socket nftables.service

[Service]
ExecStartPre=/bin/sh -c 'test ! -e /etc/cilo-agent/firewall.nft || exec nft -f /etc/cilo-agent/firewall.nft'
ExecStart=/opt/cilo-agent/current/bin/node ${nodeOptions} /opt/cilo-agent/current/main.js run
Environment=${nodeEnv}
Environment=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
Restart=always
RestartSec=1
# Tunnels and what an operation has started outlive the agent.
KillMode=process

[Install]
WantedBy=multi-user.target
UNIT
  else
    put $script 0755 <<'SCRIPT'
#!/bin/sh
### BEGIN INIT INFO
# Provides:          cilo-agent
# Required-Start:    $remote_fs $network
# Required-Stop:     $remote_fs $network
# Should-Start:      docker
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: Cilo agent
### END INIT INFO
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
program=/opt/cilo-agent/current
keeper=/run/cilo-agent-keeper.pid
child=/run/cilo-agent.pid
log=/var/log/cilo-agent.log

# True when the process in file $1 is there and is ours.
alive() { [ -s "$1" ] && grep -qs cilo-agent "/proc/$(cat "$1")/cmdline"; }

keep() {
  echo $$ >$keeper
  while :; do
    [ -e /etc/cilo-agent/firewall.nft ] && nft -f /etc/cilo-agent/firewall.nft
    # Once it is large the log begins again, with one former one kept.
    [ "$(wc -c <$log)" -gt 10000000 ] && cp $log $log.1 && : >$log
    env ${nodeEnv} "$program/bin/node" ${nodeOptions} "$program/main.js" run &
    echo $! >$child
    wait $!
    sleep 1
  done
}

start() {
  alive $keeper && return 0
  [ -x $program/bin/node ] || return 1
  setsid /bin/sh "$0" keep </dev/null >>$log 2>&1 &
}

stop() {
  alive $keeper && kill "$(cat $keeper)"
  rm -f $keeper
  tries=0
  while alive $child; do
    [ $tries -lt 100 ] && kill "$(cat $child)" 2>/dev/null || kill -9 "$(cat $child)" 2>/dev/null
    tries=$((tries + 1))
    sleep 0.1
  done
  rm -f $child
}

case "$1" in
  start) start ;;
  stop) stop ;;
  restart | force-reload) stop; start ;;
  status) alive $child ;;
  keep) keep ;;
  *) echo "usage: $0 start|stop|restart|status" >&2; exit 2 ;;
esac
SCRIPT
  fi
}
running() {
  if systemd; then systemctl is-active --quiet cilo-agent; else [ -x $script ] && $script status; fi
}
restart() {
  if systemd; then
    systemctl daemon-reload
    systemctl enable --quiet cilo-agent 2>/dev/null
    systemctl reset-failed cilo-agent 2>/dev/null || :
    systemctl restart cilo-agent
  else
    if have update-rc.d; then update-rc.d cilo-agent defaults >/dev/null 2>&1 || :; fi
    if have rc-update; then rc-update add cilo-agent default >/dev/null 2>&1 || :; fi
    $script restart
  fi
}
stop() {
  if systemd; then
    systemctl disable --quiet --now cilo-agent 2>/dev/null || :
  else
    if [ -x $script ]; then $script stop; fi
    if have update-rc.d; then update-rc.d cilo-agent remove >/dev/null 2>&1 || :; fi
    if have rc-update; then rc-update del cilo-agent default >/dev/null 2>&1 || :; fi
  fi
}
last_words() {
  if systemd; then journalctl -u cilo-agent -n 3 -o cat 2>/dev/null; else tail -n 3 /var/log/cilo-agent.log 2>/dev/null; fi | tr '\\n' ' '
}
`;

/**
 * Makes the version `$1` the one that runs, with the configuration `$2` and the firewall rules `$3` (empty: none), and waits
 * up to 30 s until it answers at `$4`. If it does not, version and configuration are put back as they were. What runs
 * already as it should is left alone. The last line it prints is the machine's public key.
 */
export const activateScript = `${prelude}${service}
umask 077
mkdir -p $settings $state
if [ ! -s $state/wireguard.key ]; then
  wg genkey >$state/wireguard.key.new
  mv $state/wireguard.key.new $state/wireguard.key
fi
former=$(readlink $program/current || :)
rm -f $settings/config.json.former $settings/firewall.nft.former
for name in config.json firewall.nft; do
  if [ -e $settings/$name ]; then cp -p $settings/$name $settings/$name.former; fi
done
changed=no
if printf '%s\\n' "$2" | put $settings/config.json 0600; then changed=yes; fi
if [ -n "$3" ]; then
  if printf '%s\\n' "$3" | put $settings/firewall.nft 0600; then changed=yes; fi
elif [ -e $settings/firewall.nft ]; then
  rm -f $settings/firewall.nft
  nft delete table inet cilo_firewall 2>/dev/null || :
  changed=yes
fi
if write_service; then changed=yes; fi
turn_to() {
  ln -sfn "$1" $program/current.new
  mv -fT $program/current.new $program/current
}
if [ "$former" != "versions/$1" ]; then
  turn_to "versions/$1"
  changed=yes
fi
answers() {
  $program/current/bin/node -e '
    const end = Date.now() + Number(process.argv[2]);
    const ask = () => fetch(process.argv[1], { signal: AbortSignal.timeout(2000) }).then(
      () => process.exit(0),
      () => (Date.now() < end ? setTimeout(ask, 100) : process.exit(1)),
    );
    ask();
  ' "$1" "$2"
}
if [ $changed = no ] && running && answers "$4" 5000; then
  wg pubkey <$state/wireguard.key
  exit 0
fi
# Compiles the code once; a start that has to do that keeps 10 MB more.
timeout 30 env ${nodeEnv} $program/current/bin/node ${nodeOptions} $program/current/main.js --version >/dev/null 2>&1 || :
if ! restart || ! answers "$4" 30000; then
  words=$(last_words)
  if [ -n "$former" ] && [ -d "$program/$former" ] && [ "$former" != "versions/$1" ]; then
    turn_to "$former"
    for name in config.json firewall.nft; do
      rm -f $settings/$name
      if [ -e $settings/$name.former ]; then mv $settings/$name.former $settings/$name; fi
    done
    restart || :
    fail "the new agent did not answer within 30 s, the former one runs again: $words"
  fi
  [ -n "$former" ] || stop
  fail "the agent did not answer within 30 s: $words"
fi
rm -f $settings/*.former
for version in $program/versions/*; do
  case $version in
    $program/versions/$1 | $program/$former) ;;
    *) rm -rf "$version" ;;
  esac
done
wg pubkey <$state/wireguard.key
`;

/** Prints the version that is installed and `running` when it runs; nothing where none is. */
export const inspectScript = `${prelude}${service}
current=$(readlink $program/current || :)
[ -n "$current" ] || exit 0
cat "$program/$current/version"
if running; then echo running; fi
`;

/** Removes every environment with all it has at the engines. `$1` is `wipe`, or `all` for everything else of ours too. */
export const removeScript = `${prelude}${service}
if systemd; then systemctl stop cilo-agent 2>/dev/null || :; elif [ -x $script ]; then $script stop; fi

# The agent knows best what it made. What it does not get to, as where it is broken or the engine is away, is done here.
if [ "$1" = all ] && [ -x $program/current/bin/node ] && [ -e $settings/config.json ]; then
  timeout 300 $program/current/bin/node $program/current/main.js remove >/dev/null 2>&1 || :
fi

of_home() {
  engine=$1
  label=label=cilo.home=$2
  ids() { timeout 60 "$engine" "$@" --filter "$label" 2>/dev/null || :; }
  for id in $(ids ps -aq); do "$engine" rm -f -v "$id" >/dev/null 2>&1 || :; done
  for id in $(ids network ls -q); do "$engine" network rm "$id" >/dev/null 2>&1 || :; done
  for id in $(ids volume ls -q); do "$engine" volume rm -f "$id" >/dev/null 2>&1 || :; done
  for id in $(ids images -q | sort -u); do "$engine" rmi -f "$id" >/dev/null 2>&1 || :; done
  [ -z "$(ids ps -aq)$(ids volume ls -q)" ] || fail "$engine keeps containers or volumes of an environment"
}
for file in $state/environments/*/home/id; do
  [ -s "$file" ] || continue
  for engine in docker podman; do have $engine && of_home $engine "$(cat "$file")"; done
done
# What outlived the agent: its rsync daemon, tools it had started.
for process in /proc/[0-9]*; do
  if grep -qs "^rsync.*$state/" "$process/cmdline" 2>/dev/null; then kill "\${process##*/}" 2>/dev/null || :; fi
done
for point in $(awk '$5 ~ "^(/run|/var/lib)/cilo-agent(/|$)" { print $5 }' /proc/self/mountinfo | sort -r); do
  umount -l "$point" 2>/dev/null || :
done
rm -rf $state/environments $state/blocks $state/rsync /run/cilo-agent

if [ "$1" = wipe ]; then
  restart
  exit 0
fi
stop
if have ip; then
  for name in $(ip -o link show | sed -n 's/^[0-9]*: \\(cilo[0-9]*\\)[:@].*/\\1/p'); do ip link delete "$name" 2>/dev/null || :; done
fi
if have nft; then
  nft list tables 2>/dev/null | sed -n 's/^table \\(ip cilo_agent_[a-z0-9]*\\|inet cilo_firewall\\)$/\\1/p' | while read -r family name; do
    nft delete table "$family" "$name"
  done
fi
if have iptables && [ -s $settings/config.json ]; then
  pool=$(sed -n 's/.*"services":"\\([0-9./]*\\)".*/\\1/p' $settings/config.json)
  while [ -n "$pool" ] && iptables -w 5 -D DOCKER-USER -m conntrack --ctstate DNAT --ctorigdst "$pool" -j ACCEPT 2>/dev/null; do :; done
fi
rm -rf $settings $state $unit $script /var/log/cilo-agent.log /var/log/cilo-agent.log.1 /run/cilo-agent.pid /run/cilo-agent-keeper.pid
systemd && systemctl daemon-reload
if [ -s $program/files ]; then
  while read -r file; do rm -f "$file"; done <$program/files
fi
if [ -s $program/packages ] && have apt-get; then
  export DEBIAN_FRONTEND=noninteractive
  sort -u $program/packages >$program/ours
  apt() { apt-get -q -o DPkg::Lock::Timeout=300 remove --purge -y "$@" $(cat $program/ours); }
  # Something else may have come to need one of them: then all stay.
  if apt -s | sed -n 's/^Purg \\([^ ]*\\).*/\\1/p' | sort -u | comm -13 $program/ours - | grep -q .; then
    echo "kept: $(tr '\\n' ' ' <$program/ours)"
  else
    apt >/dev/null 2>&1 || fail "apt-get could not remove the packages that came with the agent"
  fi
fi
rm -rf $program
`;
