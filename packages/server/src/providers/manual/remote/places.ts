/**
 * Where everything of ours lies on a machine, for the scripts that run there:
 *
 * ```
 * /opt/cilo-agent/versions/<id>/   bin/node and the agent, as they were built, never changed; cache/, its compiled code
 * /opt/cilo-agent/current          a link to the one that runs
 * /opt/cilo-agent/packages         system packages that came with us, one a line
 * /etc/cilo-agent/                 config.json, firewall.nft
 * /var/lib/cilo-agent/             the agent's own: its key, peers and environments
 * /etc/systemd/system/cilo-agent.service, or /etc/init.d/cilo-agent
 * ```
 */
export const prelude = `set -eu
LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export LC_ALL PATH
program=/opt/cilo-agent
settings=/etc/cilo-agent
state=/var/lib/cilo-agent
have() { command -v "$1" >/dev/null 2>&1; }
fail() { echo "$1" >&2; exit 1; }
systemd() { [ -d /run/systemd/system ]; }
`;
