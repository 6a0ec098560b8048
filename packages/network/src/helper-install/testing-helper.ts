import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { run } from "@cilo/base";
import { onTestFinished } from "vitest";
import { compileHelper } from "./compile.ts";
import { serviceUnit } from "./units.ts";
import type { AskHelper } from "../wireguard/helper-reach.ts";
import { type TestHost, testHost } from "../wireguard/testing-host.ts";

/** The two ways in which the helper is started. */
export const FORMS = ["socket", "setuid"] as const;
export type Form = (typeof FORMS)[number];

/** The group that may ask. */
const GROUP = 4200;
export const PATH = `${process.env["PATH"]}:/usr/sbin:/sbin`;
export const source = join(import.meta.dirname, "../../../../helper");

export interface Installed {
  readonly host: TestHost;
  /** Folder of the program, its configuration and its socket. */
  readonly folder: string;
  readonly program: string;
  /** As a caller of that uid, in the group. */
  readonly as: (uid: number, more?: CallerOptions) => AskHelper;
  /** The audit lines so far (socket form). */
  readonly audit: () => string;
}

export interface CallerOptions {
  readonly groups?: number;
  /** Put before the caller's own program. */
  readonly before?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A machine of the test's own with the helper installed in one form, and its own configuration. */
export async function installed(
  form: Form,
  options: { readonly config?: string; readonly flags?: readonly string[] } = {},
): Promise<Installed> {
  const host = await testHost();
  const folder = await mkdtemp(join(tmpdir(), "cilo-helper-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  const program = join(folder, "cilo-helper");
  const config = options.config ?? "pool 10.224.0.0/16\npool 10.225.0.0/16\nwireguard-go /usr/bin/wireguard-go\n";
  await writeFile(join(folder, "helper.conf"), config, { mode: 0o644 });
  const paths = [`-DCONFIG_PATH="${join(folder, "helper.conf")}"`, '-DSTATE_PATH="/run/cilo-helper.state"'];
  await compile({ output: program, flags: [...paths, ...(options.flags ?? [])] });
  await chown(program, 0, GROUP);
  await chmod(program, form === "setuid" ? 0o4750 : 0o750);
  const lines: string[] = [];
  const socket = join(folder, "helper.sock");
  // `env`, since setpriv itself still has root's rights when it starts a program.
  const client = ["/usr/bin/env", ...(form === "setuid" ? [program] : [join(folder, "ask"), socket])];
  if (form === "socket") await listen(host, { folder, socket, program, lines });
  const as: Installed["as"] = (uid, more = {}) => {
    const who = [`--reuid=${uid}`, `--regid=${more.groups ?? GROUP}`, "--clear-groups"];
    return async (request, signal) =>
      await pipe(host, ["setpriv", ...who, "--", ...(more.before ?? []), ...client], request, {
        signal,
        env: { PATH, ...more.env },
      });
  };
  return { host, folder, program, as, audit: () => lines.join("") };
}

async function compile(what: { readonly output: string; readonly flags: readonly string[] }): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  await compileHelper({ source, env: { PATH }, signal, ...what });
}

async function listen(
  host: TestHost,
  what: { readonly folder: string; readonly socket: string; readonly program: string; readonly lines: string[] },
): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  for (const name of ["accept", "ask"])
    await run("cc", ["-O1", "-o", join(what.folder, name), join(source, `test/${name}.c`)], { signal, env: { PATH } });
  const enter = ["--target", String(host.pid), "--mount", "--net", "--pid", "--"];
  // The capabilities that the unit leaves it, and groups, as systemd gives root.
  const [, names = ""] = /^CapabilityBoundingSet=(.*)$/mu.exec(serviceUnit(what.program)) ?? [];
  const capabilities = names.toLowerCase().replaceAll("cap_", "+").replaceAll(" ", ",");
  const asUnit = ["setpriv", "--groups=0,4", `--bounding-set=-all,${capabilities}`, "--"];
  const argv = [join(what.folder, "accept"), what.socket, String(GROUP), ...asUnit, what.program];
  const server = spawn("nsenter", [...enter, ...argv], { stdio: ["ignore", "pipe", "pipe"], env: { PATH } });
  onTestFinished(() => void server.kill("SIGKILL"));
  server.stderr.on("data", (data) => what.lines.push(String(data)));
  await once(server.stdout, "data");
}

/** Runs a program in the host with bytes in and bytes out; its exit status does not matter. */
export async function pipe(
  host: TestHost,
  argv: readonly string[],
  input: Buffer,
  options: { readonly signal: AbortSignal; readonly env: Readonly<Record<string, string>> },
): Promise<Buffer> {
  const enter = ["--target", String(host.pid), "--mount", "--net", "--pid", "--", ...argv];
  const child = promisify(execFile)("nsenter", enter, { ...options, encoding: "buffer" });
  child.child.stdin?.on("error", () => {});
  child.child.stdin?.end(input);
  return await child.then(
    ({ stdout }) => stdout,
    (error: { stdout?: Buffer }) => error.stdout ?? Buffer.alloc(0),
  );
}
