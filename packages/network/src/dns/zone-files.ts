import { readFileSync } from "node:fs";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { createFileExclusive, isErrno, readFileIfThere } from "@cilo/base";
import { giveFolderToInvokingUser, giveToInvokingUser } from "../owner.ts";
import { isHostName, isLabel } from "./host-name.ts";
import {
  type Zone,
  type ZoneIdentity,
  type ZoneRecord,
  markerOf,
  parseWildcard,
  renderHosts,
  renderWildcard,
  withoutName,
} from "./zone.ts";

type Who = Pick<ZoneIdentity, "project" | "environment">;

/**
 * What is published, as files; there is no other state.
 *
 * ```
 * dns/hosts/<env>.<project>      its names, read by dnsmasq; put in place whole, since dnsmasq watches the folder
 * dns/wildcards/<env>.<project>  its wildcard
 * dns/hostnames/<hash>           an extra hostname and whose it is; created exclusively
 * dns/staging/                   files being written: never in the watched folder
 * ```
 */
export interface ZoneFiles {
  prepare(): Promise<void>;
  /** Puts the zone's files in place of what was there. `marker`: see `renderHosts`. */
  put(identity: ZoneIdentity, zone: Zone): Promise<{ readonly marker: string }>;
  /** Takes the zone's files away; `marker` of what was there, absent when nothing was. */
  remove(who: Who): Promise<{ readonly marker?: string; readonly wildcard?: ZoneRecord }>;
  wildcards(): Promise<readonly ZoneRecord[]>;
  wildcardOf(who: Who): Promise<ZoneRecord | undefined>;
  /** Every environment with names. */
  published(): Promise<readonly Who[]>;
  /** Number of names that answer, wildcards not counted. */
  countNames(): Promise<number>;
  /** Takes the hostname for the owner, or says whose it is. Taking one's own again is no failure. */
  takeHostname(hostname: string, owner: string): Promise<{ readonly owner: string; readonly isNew: boolean }>;
  /**
   * Hands a hostname to another owner and takes it out of the hosts file of the one that had it; answers that file's
   * marker, `undefined` when there is none.
   */
  yieldHostname(hostname: string, who: { readonly to: string; readonly from: string }): Promise<string | undefined>;
  /** Every hostname with its owner, `<project>/<environment>`, and whose it was before that one's name came over it. */
  hostnames(): Promise<readonly { readonly hostname: string; readonly owner: string; readonly from?: string }[]>;
  giveHostname(hostname: string): Promise<void>;
  /** Removes what processes that were killed left half written. */
  sweep(): Promise<void>;
}

export function hostsFolder(dir: string): string {
  return join(dir, "hosts");
}

export function openZoneFiles(dir: string, env: Readonly<Record<string, string | undefined>>): ZoneFiles {
  const hosts = hostsFolder(dir);
  const wildcards = join(dir, "wildcards");
  const hostnames = join(dir, "hostnames");
  const staging = join(dir, "staging");
  const prepare = async (): Promise<void> => {
    const made = [hosts, wildcards, hostnames, staging].map((folder) =>
      mkdir(folder, { recursive: true, mode: 0o700 }),
    );
    if ((await Promise.all(made)).some((folder) => folder !== undefined)) await giveFolderToInvokingUser(dir, env);
  };
  const place = async (path: string, text: string): Promise<void> => {
    if ((await readFileIfThere(path)) === text) return;
    const temporary = join(staging, `${process.pid}.${randomBytes(6).toString("hex")}`);
    await writeFile(temporary, text, { mode: 0o600, flag: "wx" });
    await giveToInvokingUser(temporary, env);
    await rename(temporary, path);
  };
  return {
    prepare,
    async put(identity, zone) {
      await prepare();
      const { text, marker } = renderHosts(identity, zone);
      await place(join(hosts, fileName(identity)), text);
      const wildcard = join(wildcards, fileName(identity));
      if (zone.wildcard === undefined) await rm(wildcard, { force: true });
      else await place(wildcard, renderWildcard(zone.wildcard));
      return { marker };
    },
    async remove(who) {
      const [hostsText, wildcardText] = await Promise.all(
        [hosts, wildcards].map((folder) => readFileIfThere(join(folder, fileName(who)))),
      );
      await Promise.all([hosts, wildcards].map((folder) => rm(join(folder, fileName(who)), { force: true })));
      const marker = markerOf(hostsText ?? "");
      const wildcard = parseWildcard(wildcardText ?? "");
      return { ...(marker === undefined ? {} : { marker }), ...(wildcard === undefined ? {} : { wildcard }) };
    },
    async wildcards() {
      const texts = await readAll(wildcards);
      return texts.map(({ text }) => parseWildcard(text)).filter((record) => record !== undefined);
    },
    async wildcardOf(who) {
      return parseWildcard((await readFileIfThere(join(wildcards, fileName(who)))) ?? "");
    },
    async published() {
      return (await namesIn(hosts)).flatMap((name) => identityOf(name) ?? []);
    },
    async countNames() {
      const names = (await readAll(hosts)).flatMap(({ text }) => text.split("\n").map((line) => line.split(" ")[1]));
      const markers = (await readAll(hosts)).length;
      return new Set(names.filter((name) => name !== undefined)).size - markers;
    },
    async takeHostname(hostname, owner) {
      if (!isHostName(hostname)) throw new Error(`not a host name: ${JSON.stringify(hostname)}`);
      const path = join(hostnames, claimName(hostname));
      if (await createFileExclusive(path, `${hostname} ${owner}\n`, { sync: false })) {
        await giveToInvokingUser(path, env);
        return { owner, isNew: true };
      }
      return { owner: parseClaim((await readFileIfThere(path)) ?? "")?.owner ?? "", isNew: false };
    },
    async yieldHostname(hostname, { to, from }) {
      await place(join(hostnames, claimName(hostname)), `${hostname} ${to} ${from}\n`);
      const [project = "", environment = ""] = from.split("/");
      if (!isLabel(project) || !isLabel(environment)) return undefined;
      const path = join(hosts, fileName({ project, environment }));
      const text = await readFileIfThere(path);
      if (text === undefined) return undefined;
      const left = withoutName(text, { environment, project }, hostname);
      await place(path, left.text);
      return left.marker;
    },
    async hostnames() {
      const files = await readAll(hostnames, /^[0-9a-f]{40}$/u);
      return files.map(({ text }) => parseClaim(text)).filter((claim) => claim !== undefined);
    },
    async giveHostname(hostname) {
      await rm(join(hostnames, claimName(hostname)), { force: true });
    },
    async sweep() {
      const left = (await namesIn(staging)).filter((name) => !isAlive(Number(name.split(".")[0])));
      await Promise.all(left.map((name) => rm(join(staging, name), { force: true })));
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return isErrno(error, "EPERM");
  }
}

function fileName(who: Who): string {
  if (!isLabel(who.environment) || !isLabel(who.project)) throw new Error("an environment's names must be labels");
  return `${who.environment}.${who.project}`;
}

function identityOf(name: string): Who | undefined {
  const [environment, project, ...rest] = name.split(".");
  if (environment === undefined || project === undefined || rest.length > 0) return undefined;
  return isLabel(environment) && isLabel(project) ? { environment, project } : undefined;
}

function claimName(hostname: string): string {
  return createHash("sha256").update(hostname).digest("hex").slice(0, 40);
}

function parseClaim(text: string): { hostname: string; owner: string; from?: string } | undefined {
  const [hostname, owner, from] = text.trim().split(" ");
  if (hostname === undefined || owner === undefined || !isHostName(hostname)) return undefined;
  return { hostname, owner, ...(from === undefined ? {} : { from }) };
}

/** `<env>.<project>` */
const ZONE_FILE = /^[a-z0-9-]+\.[a-z0-9-]+$/u;

async function readAll(
  folder: string,
  pattern = ZONE_FILE,
): Promise<{ readonly name: string; readonly text: string }[]> {
  const names = (await namesIn(folder)).filter((name) => pattern.test(name)).sort();
  return names.flatMap((name) => {
    const text = readNow(join(folder, name));
    return text === undefined ? [] : [{ name, text }];
  });
}

/** Not asynchronously: every command looks at one small file per environment, and that takes a quarter of the time. */
function readNow(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}
