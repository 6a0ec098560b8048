import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CiloError, createFileExclusive } from "@cilo/base";
import { parse } from "yaml";
import type { Allocation } from "../isolation/isolated-spec.ts";
import { composeParser } from "../parsers/compose/index.ts";
import type { Parser } from "../parsers/parser.ts";
import { type FakeRuntime, createFakeRuntime } from "../runtimes/fake.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import { EnvironmentSpec } from "../spec/spec.ts";
import type { ConsentRequest, EnvironmentsDeps } from "./deps.ts";
import type { Environments, OperationContext, ProgressEvent, UpRequest } from "./environments.ts";
import type { Home } from "./home.ts";
import { openHome } from "./home-id.ts";
import { createEnvironments } from "./lifecycle.ts";
import type { Addresses, AllocateRequest, Endpoint, Names } from "./ports.ts";

/** For tests of this folder: a home and a project in a temporary folder, with an engine, addresses and names in memory. */
export interface Bench extends AsyncDisposable {
  readonly folder: string;
  readonly home: Home;
  /** The project's folder. */
  readonly source: string;
  readonly runtime: FakeRuntime;
  readonly names: FakeNames;
  readonly addresses: FakeAddresses;
  readonly deps: EnvironmentsDeps;
  readonly environments: Environments;
  readonly reaps: string[];
  readonly asked: ConsentRequest[];
  /** What the user says when asked. */
  answer: boolean | undefined;
  /** Time of the clock; moves only when told. */
  now: number;
  /** Writes a file of the source. */
  write(path: string, content: string): Promise<void>;
  up(
    environment: string,
    request?: Partial<UpRequest>,
    context?: Partial<OperationContext>,
  ): ReturnType<Environments["up"]>;
  context(events?: ProgressEvent[]): OperationContext;
  /** Every file of the home but locks, relative to it. */
  filesOfHome(): Promise<string[]>;
}

export interface BenchParts {
  /** Default: one in memory. */
  readonly engine?: Runtime;
  /** Default: one of canonical files alone. */
  readonly parser?: Parser;
}

export async function createBench(compose: string, parts: BenchParts = {}): Promise<Bench> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "cilo-environments-")));
  const home = await openHome(join(folder, "home"));
  const source = join(folder, "shop");
  const runtime = createFakeRuntime();
  const names = createFakeNames();
  const addresses = createFakeAddresses(join(home.root, "blocks"));
  const reaps: string[] = [];
  const asked: ConsentRequest[] = [];
  const deps: EnvironmentsDeps = {
    home,
    runtimes: () => parts.engine ?? runtime,
    defaultRuntime: async () => await Promise.resolve(parts.engine?.name ?? "fake"),
    parsers: [parts.parser ?? yamlParser],
    addresses,
    names,
    clock: { now: () => bench.now },
    env: { HOME: folder, PATH: process.env["PATH"] },
    consent: {
      async allow(request) {
        asked.push(request);
        return bench.answer;
      },
    },
    defaultSuffix: ".test",
    scheduleReap: async (composeProject) => void reaps.push(composeProject),
  };
  const environments = createEnvironments(deps);
  const bench: Bench = {
    folder,
    home,
    source,
    runtime,
    names,
    addresses,
    deps,
    environments,
    reaps,
    asked,
    answer: undefined,
    now: Date.parse("2026-01-01T00:00:00Z"),
    async write(path, content) {
      await mkdir(dirname(join(source, path)), { recursive: true });
      await writeFile(join(source, path), content);
    },
    up: (environment, request = {}, context = {}) =>
      environments.up({ ...upRequest(environment, source), ...request }, { ...bench.context(), ...context }),
    context: (events = []) => ({
      signal: AbortSignal.timeout(120_000),
      onEvent: (event) => void events.push(event),
    }),
    async filesOfHome() {
      const entries = await readdir(home.root, { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => !entry.isDirectory())
        .map((entry) => join(entry.parentPath, entry.name).slice(home.root.length + 1))
        .filter((path) => !path.startsWith("locks/"))
        .sort();
    },
    async [Symbol.asyncDispose]() {
      await removeAll(deps, parts.engine);
      await rm(folder, { recursive: true, force: true });
    },
  };
  await bench.write("compose.yaml", compose);
  return bench;
}

/** Whatever a failed test left at a real engine. */
async function removeAll({ home }: EnvironmentsDeps, engine: Runtime | undefined): Promise<void> {
  if (engine === undefined) return;
  const signal = AbortSignal.timeout(60_000);
  const { owned } = await engine.inspect({ signal });
  const projects = owned.filter((object) => object.home === home.id).map((object) => object.composeProject);
  for (const project of new Set(projects)) if (project !== undefined) await engine.destroy(project, { signal });
}

export function upRequest(environment: string, source: string): UpRequest {
  return {
    environment,
    workingDir: source,
    options: {},
    build: false,
    recreate: false,
    wait: true,
    timeoutMs: 10_000,
  };
}

/** A parser of canonical Compose files alone. */
const yamlParser: Parser = {
  format: "compose",
  detect: (workingDir, files) => composeParser.detect(workingDir, files),
  parse: ({ workingDir, files, projectFiles }) => {
    const path = join(workingDir, projectFiles?.[0] ?? "compose.yaml");
    const raw: unknown = parse(Buffer.from(files.read(path)).toString());
    const checked = EnvironmentSpec.safeParse({
      specVersion: 1,
      source: "compose",
      projectDir: workingDir,
      files: [path],
      notices: [],
      name: "shop",
      ...(typeof raw === "object" ? raw : {}),
    });
    if (!checked.success) throw new CiloError("PROJECT_INVALID", `${path} is wrong`);
    return checked.data;
  },
};

export interface FakeNames extends Names {
  /** Environment → its endpoints. */
  readonly published: Map<string, readonly Endpoint[]>;
  /** Number of calls of `publish`. */
  count: number;
  /** `web=10.0.0.2,db=…` of what answers now. */
  of(environment: string): Record<string, string[]>;
}

function createFakeNames(): FakeNames {
  const published = new Map<string, readonly Endpoint[]>();
  return {
    published,
    count: 0,
    async publish(identity, endpoints) {
      this.count += 1;
      if (endpoints.some((endpoint) => endpoint.hostnames.includes("refused.test")))
        throw new CiloError("HOSTNAME_REFUSED", "refused.test is not yours");
      published.set(identity.environment, endpoints);
    },
    async withdraw(identity) {
      published.delete(identity.environment);
    },
    of: (environment) =>
      Object.fromEntries(
        (published.get(environment) ?? []).map((one) => [one.service, one.addresses.map(({ address }) => address)]),
      ),
  };
}

export interface FakeAddresses extends Addresses {
  /** Owner → its block. */
  owners(): Promise<Map<string, string>>;
}

/** One /24 of 10.99.0.0/16 per owner, claimed by a file, as the real one does. */
function createFakeAddresses(folder: string): FakeAddresses {
  const owners = async (): Promise<Map<string, string>> => {
    if (!existsSync(folder)) return new Map();
    const files = await readdir(folder);
    return new Map(
      files.filter((name) => !name.endsWith(".tmp")).map((name) => [readFileSync(join(folder, name), "utf8"), name]),
    );
  };
  const claim = async ({ owner, taken }: AllocateRequest): Promise<string> => {
    const own = (await owners()).get(owner);
    if (own !== undefined) return own;
    for (let index = 0; index < 256; index += 1) {
      const isTaken = taken.some((cidr) => cidr.startsWith(`10.99.${index}.`));
      if (!isTaken && (await createFileExclusive(join(folder, `10.99.${index}`), owner))) return `10.99.${index}`;
    }
    throw new CiloError("ADDRESSES_EXHAUSTED", "no block is free");
  };
  return {
    owners,
    async allocate(request): Promise<Allocation> {
      const block = await claim(request);
      const subnets = request.needs.map(({ key }, index) => [key, `${block}.${index * 32}/27`] as const);
      return { blocks: [`${block}.0/24`], subnets: Object.fromEntries(subnets) };
    },
    async release(owner) {
      const own = (await owners()).get(owner);
      if (own !== undefined) await rm(join(folder, own), { force: true });
    },
  };
}
