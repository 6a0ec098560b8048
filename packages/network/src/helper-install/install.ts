import { chmod, chown, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CiloError, isCiloError, isErrno, readFileIfThere, run } from "@cilo/base";
import { NetworkCode } from "../errors.ts";
import { invokingUser, isRoot } from "../owner.ts";
import { HELPER_PROGRAM, HELPER_SOCKET } from "../wireguard/helper-reach.ts";
import { compileHelper } from "./compile.ts";
import { serviceUnit, socketUnit } from "./units.ts";

/** Where things of the helper are; tests put them under another root. */
const HELPER_CONFIG = "/etc/cilo/helper.conf";
const SOCKET_UNIT = "/etc/systemd/system/cilo-helper.socket";
const SERVICE_UNIT = "/etc/systemd/system/cilo-helper@.service";
const GROUP = "cilo";

export interface HelperInstallOptions {
  /** Folder with the helper's C sources. */
  readonly source: string;
  /** Ranges that tunnels may use. */
  readonly pools: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

export interface HelperInstalled {
  /** `socket`: systemd starts it for each request; `setuid`: callers start it. */
  readonly form: "socket" | "setuid";
  readonly files: readonly string[];
  /** The user who was put into the group, whose next login has it; absent: nobody new. */
  readonly joined?: string;
}

/**
 * Compiles and installs the helper, so that no command with a tunnel needs sudo. Twice is no failure: it is replaced.
 * @throws CiloError `NEEDS_ROOT`, `COMPILER_MISSING`
 */
export async function installHelper(options: HelperInstallOptions): Promise<HelperInstalled> {
  requireRoot("install");
  const tool = toolOf(options);
  const form = (await readFileIfThere("/proc/1/comm"))?.trim() === "systemd" ? "socket" : "setuid";
  await tool("groupadd", ["--system", "--force", GROUP]);
  const gid = await groupId();
  await writeConfig(options);
  await placeProgram(options, { gid, mode: form === "setuid" ? 0o4750 : 0o755 });
  const units = form === "socket" ? await startSocket(tool) : [];
  const user = invokingUser(options.env);
  const isNew = user !== undefined && !(await isMember(user.name));
  if (user !== undefined && isNew) await tool("usermod", ["--append", "--groups", GROUP, user.name]);
  const joined = user !== undefined && isNew ? { joined: user.name } : {};
  return { form, files: [HELPER_PROGRAM, HELPER_CONFIG, ...units], ...joined };
}

/** Takes the helper away again, and its group where it is nobody's first one. Interfaces that it made stay until they are removed or the machine restarts. */
export async function removeHelper(options: Pick<HelperInstallOptions, "env" | "signal">): Promise<readonly string[]> {
  const present = await Promise.all(
    [HELPER_PROGRAM, HELPER_CONFIG, SOCKET_UNIT, SERVICE_UNIT].map(async (path) =>
      (await readFileIfThere(path)) === undefined ? [] : [path],
    ),
  );
  const files = present.flat();
  if (files.length === 0) return [];
  requireRoot("remove");
  const tool = toolOf(options);
  if (files.includes(SOCKET_UNIT)) await tool("systemctl", ["disable", "--now", "cilo-helper.socket"], [0, 1, 5]);
  await Promise.all([...files, HELPER_SOCKET].map((path) => rm(path, { force: true })));
  if (files.includes(SOCKET_UNIT)) await tool("systemctl", ["daemon-reload"]);
  await tool("groupdel", [GROUP], [0, 6, 8]);
  return files;
}

function requireRoot(what: string): void {
  if (isRoot()) return;
  throw new CiloError(NetworkCode.needsRoot, `only root can ${what} the helper that makes tunnels for users`, {
    hint: "sudo cilo init",
  });
}

type Tool = (file: string, args: readonly string[], expect?: readonly number[]) => Promise<void>;

function toolOf({ env, signal }: Pick<HelperInstallOptions, "env" | "signal">): Tool {
  const PATH = `${env["PATH"] ?? ""}:/usr/sbin:/usr/bin:/sbin:/bin`;
  return async (file, args, expect = [0]) =>
    void (await run(file, args, { env: { PATH, LC_ALL: "C" }, signal, expect }));
}

async function groupId(): Promise<number> {
  const line = (await readFile("/etc/group", "utf8")).split("\n").find((one) => one.startsWith(`${GROUP}:`));
  return Number(line?.split(":")[2]);
}

async function isMember(user: string): Promise<boolean> {
  const line = (await readFile("/etc/group", "utf8")).split("\n").find((one) => one.startsWith(`${GROUP}:`));
  return line?.split(":")[3]?.split(",").includes(user) === true;
}

async function writeConfig({ pools }: HelperInstallOptions): Promise<void> {
  const program = await findWireGuardGo();
  const lines = [...pools.map((pool) => `pool ${pool}`), ...(program === undefined ? [] : [`wireguard-go ${program}`])];
  await mkdir(dirname(HELPER_CONFIG), { recursive: true, mode: 0o755 });
  await replaceFile(HELPER_CONFIG, `${lines.join("\n")}\n`, 0o644);
}

/** The program named here is the one the helper starts for everybody, so not one of a user's own folders. */
async function findWireGuardGo(): Promise<string | undefined> {
  for (const path of ["/usr/bin/wireguard-go", "/usr/local/bin/wireguard-go", "/usr/sbin/wireguard-go"]) {
    try {
      await readFile(path);
      return path;
    } catch (error) {
      if (!isErrno(error, "ENOENT")) throw error;
    }
  }
  return undefined;
}

async function placeProgram(options: HelperInstallOptions, owner: { gid: number; mode: number }): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "cilo-helper-"));
  try {
    await compileHelper({ ...options, output: join(folder, "cilo-helper") });
    await mkdir(dirname(HELPER_PROGRAM), { recursive: true, mode: 0o755 });
    const next = `${HELPER_PROGRAM}.next`;
    await writeFile(next, await readFile(join(folder, "cilo-helper")), { mode: 0o700 });
    await chown(next, 0, owner.gid);
    await chmod(next, owner.mode);
    await rename(next, HELPER_PROGRAM);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function startSocket(tool: Tool): Promise<string[]> {
  await replaceFile(SOCKET_UNIT, socketUnit(GROUP), 0o644);
  await replaceFile(SERVICE_UNIT, serviceUnit(HELPER_PROGRAM), 0o644);
  await tool("systemctl", ["daemon-reload"]);
  await tool("systemctl", ["enable", "--now", "cilo-helper.socket"]);
  return [SOCKET_UNIT, SERVICE_UNIT];
}

async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  await writeFile(`${path}.next`, text, { mode });
  await chown(`${path}.next`, 0, 0);
  await chmod(`${path}.next`, mode);
  await rename(`${path}.next`, path);
}

/** True for a failure that leaves the rest of `cilo init` as good as before: there is nothing to compile with. */
export function isWithoutHelper(error: unknown): error is CiloError {
  return isCiloError(error, NetworkCode.compilerMissing, "COMMAND_FAILED", "COMMAND_NOT_FOUND");
}
