import { readlink } from "node:fs/promises";
import { CiloError, isErrno } from "@cilo/base";
import { NetworkCode } from "../../errors.ts";
import { type FileEdit, type ResolverSettings, type SystemResolver, ownFile } from "../resolver.ts";
import type { SystemAccess } from "../system-access.ts";

/** From this version on a server can be named for some domains and nothing else, in a file. */
const DELEGATE_VERSION = 258;

const DELEGATE_PATH = "/etc/systemd/dns-delegate.d/cilo.dns-delegate";
const UNIT = "cilo-dns.service";
const UNIT_PATH = `/etc/systemd/system/${UNIT}`;
const LINK = "cilo-dns";

/**
 * systemd-resolved. Its own setting for a server and its domains (`DNS=`, `Domains=~test`) would send our server every
 * other question as well, and where the user has such a server already none of ours: so before version 258 the server
 * belongs to a network link of its own, which a small unit makes at boot. See docs/adr/0021-systemd-resolved.md.
 */
export const systemdResolved: SystemResolver = {
  kind: "systemd-resolved",
  async isUsed(system) {
    if (system.platform !== "linux") return false;
    if (/^nameserver\s+127\.0\.0\.5[34]\s*$/mu.test((await system.read("/etc/resolv.conf")) ?? "")) return true;
    return /systemd\/resolve\//u.test(await linkTarget(system, "/etc/resolv.conf"));
  },
  async edits(system, settings, signal) {
    return [(await versionOf(system, signal)) >= DELEGATE_VERSION ? delegate(settings) : unit(settings)];
  },
  async activate({ system, paths, signal }) {
    if (!paths.includes(UNIT_PATH)) return await systemctl(system, ["restart", "systemd-resolved.service"], signal);
    await systemctl(system, ["daemon-reload"], signal);
    await systemctl(system, ["enable", UNIT], signal);
    await systemctl(system, ["restart", UNIT], signal);
  },
  async deactivate({ system, paths, signal }) {
    if (paths.includes(UNIT_PATH)) await systemctl(system, ["disable", "--now", UNIT], signal);
  },
  async afterUndo({ system, paths, signal }) {
    const args = paths.includes(UNIT_PATH) ? ["daemon-reload"] : ["restart", "systemd-resolved.service"];
    await systemctl(system, args, signal);
  },
};

function delegate({ dnsPort, suffixes }: ResolverSettings): FileEdit {
  return ownFile(DELEGATE_PATH, `[Delegate]\nDNS=127.0.0.1:${dnsPort}\nDomains=${routingDomains(suffixes)}\n`);
}

/**
 * A pair of virtual links, since resolved asks no server of a link that is down or without an address. `PartOf` makes
 * it anew with resolved, `Restart` when resolved has not noticed the new link yet.
 */
function unit({ dnsPort, suffixes }: ResolverSettings): FileEdit {
  const text = `[Unit]
Description=Names of Cilo's environments: sends ${suffixes.join(" ")} to 127.0.0.1 port ${dnsPort}
After=systemd-resolved.service
PartOf=systemd-resolved.service

[Service]
Type=oneshot
RemainAfterExit=yes
Restart=on-failure
RestartSec=1
ExecStartPre=-ip link del ${LINK}
ExecStart=ip link add ${LINK} type veth peer name ${LINK}-peer
ExecStart=ip link set dev ${LINK}-peer up
ExecStart=ip addr add 198.18.255.254/32 dev ${LINK}
ExecStart=ip link set dev ${LINK} up
ExecStart=resolvectl dns ${LINK} 127.0.0.1:${dnsPort}
ExecStart=resolvectl domain ${LINK} ${routingDomains(suffixes)}
ExecStart=resolvectl default-route ${LINK} false
ExecStart=resolvectl llmnr ${LINK} no
ExecStart=resolvectl mdns ${LINK} no
ExecStop=ip link del ${LINK}

[Install]
WantedBy=multi-user.target
`;
  return ownFile(UNIT_PATH, text);
}

/** `~` makes it a domain to choose the server by, not one to complete names with. */
function routingDomains(suffixes: readonly string[]): string {
  return suffixes.map((suffix) => `~${suffix.slice(1)}`).join(" ");
}

async function systemctl(system: SystemAccess, args: readonly string[], signal: AbortSignal): Promise<void> {
  const answer = await system.run("systemctl", args, signal);
  if (answer?.exitCode === 0) return;
  const reason = answer?.stderr.trim() ?? "systemctl is not installed";
  throw new CiloError(NetworkCode.resolverUnsupported, `systemctl ${args.join(" ")} failed: ${reason}`, {
    hint: `systemctl status ${args.at(-1)}`,
  });
}

async function versionOf(system: SystemAccess, signal: AbortSignal): Promise<number> {
  const answer = await system.run("systemctl", ["--version"], signal);
  return Number(/^systemd (\d+)/u.exec(answer?.stdout ?? "")?.[1] ?? 0);
}

async function linkTarget(system: SystemAccess, path: string): Promise<string> {
  try {
    return await readlink(system.path(path));
  } catch (error) {
    if (isErrno(error, "ENOENT", "EINVAL")) return "";
    throw error;
  }
}
