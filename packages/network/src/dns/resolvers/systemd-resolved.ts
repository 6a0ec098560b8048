import { readlink } from "node:fs/promises";
import { CiloError, isErrno } from "@cilo/base";
import { NetworkCode } from "../../errors.ts";
import { type SystemResolver, ownFile } from "../resolver.ts";
import type { SystemAccess } from "../system-access.ts";

/** From this version on a server can be named for some domains and nothing else. */
const DELEGATE_VERSION = 258;

/** systemd-resolved, asked through its stub or through the C library. See docs/adr/0021-systemd-resolved.md. */
export const systemdResolved: SystemResolver = {
  kind: "systemd-resolved",
  async isUsed(system) {
    if (system.platform !== "linux") return false;
    if (/^nameserver\s+127\.0\.0\.5[34]\s*$/mu.test((await system.read("/etc/resolv.conf")) ?? "")) return true;
    return /systemd\/resolve\//u.test(await linkTarget(system, "/etc/resolv.conf"));
  },
  async edits(system, { dnsPort, suffixes }, signal) {
    const domains = suffixes.map((suffix) => `~${suffix.slice(1)}`).join(" ");
    const server = `DNS=127.0.0.1:${dnsPort}\nDomains=${domains}\n`;
    if ((await versionOf(system, signal)) >= DELEGATE_VERSION)
      return [ownFile("/etc/systemd/dns-delegate.d/cilo.dns-delegate", `[Delegate]\n${server}`)];
    return [ownFile("/etc/systemd/resolved.conf.d/cilo.conf", `[Resolve]\n${server}`)];
  },
  async activate(system, signal) {
    const restart = await system.run("systemctl", ["restart", "systemd-resolved.service"], signal);
    if (restart?.exitCode === 0) return;
    throw new CiloError(
      NetworkCode.resolverUnsupported,
      `systemd-resolved did not restart: ${restart?.stderr ?? "systemctl is not installed"}`,
      { hint: "systemctl status systemd-resolved" },
    );
  },
};

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
