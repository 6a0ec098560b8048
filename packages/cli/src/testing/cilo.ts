import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Environments, createFakeRuntime } from "@cilo/engine";
import type { Prompts } from "../prompts.ts";
import { runCilo } from "../run-cilo.ts";
import type { Wiring } from "../wiring.ts";
import { fakeDeps } from "./fake-deps.ts";
import { createFakeEnvironments } from "./fake-environments.ts";
import { createFakeSystem } from "./fake-system.ts";

/** What a command line came to. */
export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CiloOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** stdout and stderr are terminals of 80 columns. */
  readonly terminal?: boolean;
  readonly signal?: AbortSignal;
  readonly prompts?: Prompts;
  /** What the command takes for itself; by default a program that does nothing. */
  readonly self?: readonly [file: string, ...args: string[]];
  /** What the environments in memory do otherwise. */
  readonly environments?: Partial<Environments>;
}

/** A command line's own little world: a home, a folder, and environments in memory that live as long. */
export interface Cilo extends AsyncDisposable {
  readonly folder: string;
  readonly wiring: Wiring;
  run(argv: readonly string[], options?: CiloOptions): Promise<Outcome>;
}

export async function createCilo(): Promise<Cilo> {
  const folder = await mkdtemp(join(tmpdir(), "cilo-cli-"));
  const home = { root: join(folder, "home"), id: "0123abcd" };
  const wiring: Wiring = {
    home,
    environments: createFakeEnvironments(home),
    runtime: () => createFakeRuntime(),
    system: async () => await Promise.resolve(createFakeSystem()),
    deps: fakeDeps(home),
    advice: async () => await Promise.resolve([]),
    settle: async () => await Promise.resolve(),
  };
  return {
    folder,
    wiring,
    run: async (argv, options = {}) => await runIn(folder, wiring, { argv, ...options }),
    [Symbol.asyncDispose]: async () => await rm(folder, { recursive: true, force: true }),
  };
}

async function runIn(
  folder: string,
  wiring: Wiring,
  request: CiloOptions & { readonly argv: readonly string[] },
): Promise<Outcome> {
  const written = { stdout: "", stderr: "" };
  const isTTY = request.terminal ?? false;
  const status = await runCilo(request.argv, {
    streams: {
      stdin: { isTTY },
      stdout: { write: (text) => void (written.stdout += text), isTTY, columns: 80 },
      stderr: { write: (text) => void (written.stderr += text), isTTY, columns: 80 },
    },
    env: { PATH: process.env["PATH"] ?? "", HOME: folder, CILO_HOME: join(folder, "home"), ...request.env },
    cwd: request.cwd ?? folder,
    platform: process.platform,
    uid: process.getuid?.(),
    self: request.self ?? [process.execPath],
    signal: request.signal ?? AbortSignal.timeout(30_000),
    attached: async (work) => await work(),
    prompts: request.prompts,
    wiring: async () =>
      await Promise.resolve({ ...wiring, environments: { ...wiring.environments, ...request.environments } }),
  });
  return { status, ...written };
}
