import { readFile, mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { onTestFinished } from "vitest";
import { writeMachineSettings } from "./settings.ts";
import { type CiloCall, type CiloOptions, callCilo, startCilo } from "./cilo.ts";
import { removeEverything, testedEngine } from "./engine.ts";
import { type Files, writeFiles } from "./files.ts";
import { type Reply, request, resolveName } from "./names.ts";
import { stopDnsmasq } from "./dnsmasq.ts";
import { takeSlot } from "./slot.ts";

/**
 * A machine of a test's own, as far as `cilo` can tell: its home, DNS port and address range are shared with no other
 * test, and the system's resolver is left alone. Everything it made is removed when the test has finished, passed or not.
 */
export interface TestMachine {
  readonly home: string;
  /** Identifier of the home, as in the label `cilo.home`; absent before the first command. */
  homeId(): Promise<string | undefined>;
  readonly dnsPort: number;
  readonly baseSubnet: string;
  /** A folder of the test's own, real path. */
  readonly folder: string;
  /** Writes files into a new folder called `name` and answers its path. */
  project(name: string, files: Files): Promise<string>;
  /** Runs the built command to its end; a bad status is an answer, not an exception. */
  cilo(args: readonly string[], options?: CiloOptions): Promise<CiloCall>;
  /** As `cilo`, but fails the test unless the status is 0. */
  ok(args: readonly string[], options?: CiloOptions): Promise<CiloCall>;
  /** What `cilo` is run with: the home and a user folder of the test's own. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Starts the built command, for tests that end it midway. */
  start(args: readonly string[]): ReturnType<typeof startCilo>;
  /** `ok` with `--json`, parsed. */
  json(args: readonly string[], options?: CiloOptions): Promise<unknown>;
  /** IPv4 addresses by this machine's own dnsmasq; empty when there is no such name. */
  resolve(name: string): Promise<string[]>;
  /** HTTP through that resolver. */
  request(url: string, options?: { method?: string; body?: string }): Promise<Reply>;
}

/**
 * Makes a {@link TestMachine}. Call it inside a test: it cleans up through vitest's `onTestFinished`.
 * `prefix` makes its address range smaller than a /19.
 */
export async function testMachine({
  prefix = 19,
  addressing,
}: { prefix?: number; addressing?: "direct" | "loopback" } = {}): Promise<TestMachine> {
  const stop = new AbortController();
  const slot = await takeSlot(stop.signal);
  const folder = await realpath(await mkdtemp(join(tmpdir(), `cilo-e2e-${slot.number}-`)));
  const home = join(folder, "home");
  onTestFinished(async () => {
    stop.abort(new Error("the test has finished"));
    await cleanUp({ folder, home });
    await slot[Symbol.asyncDispose]();
  }, 120_000);
  await mkdir(join(folder, "user"), { recursive: true });
  const baseSubnet = slot.baseSubnet.replace("/19", `/${prefix}`);
  await writeMachineSettings(home, { dnsPort: slot.dnsPort, baseSubnet, addressing });
  const env = {
    ...process.env,
    CILO_HOME: home,
    HOME: join(folder, "user"),
    NO_COLOR: "1",
    DOCKER_CONFIG: dockerConfig(),
  };
  const cilo = async (args: readonly string[], options: CiloOptions = {}): Promise<CiloCall> =>
    await callCilo(onTestedEngine(args), { cwd: folder, ...options, env: { ...env, ...options.env } });
  const ok = async (args: readonly string[], options?: CiloOptions): Promise<CiloCall> =>
    succeeded(await cilo(args, options));
  return {
    home,
    homeId: () => homeId(home),
    dnsPort: slot.dnsPort,
    baseSubnet,
    folder,
    project: async (name, files) => await writeFiles(join(folder, name), files),
    cilo,
    ok,
    env,
    start: (args) => startCilo(onTestedEngine(args), { cwd: folder, env }),
    json: async (args, options) => JSON.parse((await ok([...args, "--json"], options)).stdout),
    resolve: async (name) => await resolveName(name, slot.dnsPort),
    request: async (url, options) => await request(url, { dnsPort: slot.dnsPort, ...options }),
  };
}

/** Docker is what Cilo takes by itself where both answer; on the other engine environments are made when asked to. */
function onTestedEngine(args: readonly string[]): readonly string[] {
  const [command = "", ...rest] = args;
  const makes = ["up", "create"].includes(command) && !rest.includes("--runtime");
  return testedEngine === "docker" || !makes ? args : [command, "--runtime", testedEngine, ...rest];
}

/** HOME is the test's own; the engine's client still needs the user's plugins and contexts. */
function dockerConfig(): string {
  return process.env["DOCKER_CONFIG"] ?? resolve(homedir(), ".docker");
}

function succeeded(call: CiloCall): CiloCall {
  if (call.exitCode === 0) return call;
  throw new Error(`cilo ${call.args.join(" ")} ended with ${call.exitCode}\n${call.stdout}\n${call.stderr}`);
}

async function homeId(home: string): Promise<string | undefined> {
  const text = await readFile(join(home, "id"), "utf8").catch(() => "");
  return text.trim() === "" ? undefined : text.trim();
}

async function cleanUp(machine: { folder: string; home: string }): Promise<void> {
  const id = await homeId(machine.home);
  await stopDnsmasq(machine.home);
  if (id !== undefined) await removeEverything(id);
  // Containers may have left files of other users in a workspace; tests that run as root can remove those too.
  if (dirname(machine.folder) === (await realpath(tmpdir())))
    await rm(machine.folder, { recursive: true, force: true });
}
