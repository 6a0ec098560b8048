import { readFileSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { CiloError } from "@cilo/base";
import { CliCode } from "./errors.ts";

export interface Invoker {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly uid: number | undefined;
}

/** The person behind `sudo`. */
export interface SudoUser {
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** Where everything of Cilo's lies: `CILO_HOME`, else `~/.cilo` of the invoking user, also under sudo. */
export function homeRoot(invoker: Invoker): string {
  const chosen = invoker.env["CILO_HOME"];
  if (chosen) return resolve(invoker.cwd, chosen);
  const home = sudoUser(invoker)?.home ?? invoker.env["HOME"];
  if (home !== undefined && isAbsolute(home)) return join(home, ".cilo");
  throw new CiloError(CliCode.usage, "neither CILO_HOME nor HOME says where Cilo's files belong", {
    hint: "Set CILO_HOME to a folder of yours",
  });
}

/** Where dnsmasq's files lie in a home. */
export function dnsFolder(root: string): string {
  return join(root, "dns");
}

/** Who called `sudo`; `undefined` when nobody did. */
export function sudoUser({ env, uid }: Invoker): SudoUser | undefined {
  const name = env["SUDO_USER"];
  if (uid !== 0 || !name || name === "root") return undefined;
  const home = passwdHome(name);
  const [sudoUid, sudoGid] = [Number(env["SUDO_UID"]), Number(env["SUDO_GID"])];
  if (home === undefined || !Number.isSafeInteger(sudoUid) || !Number.isSafeInteger(sudoGid)) return undefined;
  return { uid: sudoUid, gid: sudoGid, home };
}

/** Users of directories (macOS, LDAP) are not in the file; theirs is the platform's usual place, or unknown. */
function passwdHome(name: string): string | undefined {
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((entry) => entry.startsWith(`${name}:`));
  return line?.split(":")[5] ?? (process.platform === "darwin" ? `/Users/${name}` : undefined);
}
