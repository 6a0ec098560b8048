import { randomBytes, randomInt } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { poll } from "@cilo/base";
import { onTestFinished } from "vitest";
import { type IsolatedSpec, Label } from "../isolation/isolated-spec.ts";
import type { Service } from "../spec/spec.ts";
import { renderComposeFile } from "./compose/compose-file.ts";
import type { ContainerStatus, Runtime, RuntimeEvent, RuntimeTarget } from "./runtime.ts";

/** What a runtime must bring to be put through the conformance suite. */
export interface RuntimeSubject {
  readonly create: () => Runtime;
  /** An image at the engine that has `sh`, `sleep`, `cat` and `test`. */
  readonly image: string;
}

/** The deadline of one call. */
export const signal = (): AbortSignal => AbortSignal.timeout(60_000);

/** One environment of one test, and what tests ask of it. */
export interface TestEnvironment {
  readonly runtime: Runtime;
  readonly project: string;
  readonly target: RuntimeTarget;
  /** The engine's name of its one network. */
  readonly network: string;
  readonly home: string;
  readonly subnet: string;
  readonly up: (services: Record<string, Service>, options?: TestUp) => Promise<void>;
  readonly containers: () => Promise<readonly ContainerStatus[]>;
  /** Identifiers by `<service> <index>`. */
  readonly ids: () => Promise<Record<string, string>>;
  /** What the engine has of it, as `<kind> <id>`. */
  readonly objects: () => Promise<string[]>;
  readonly kinds: () => Promise<string[]>;
  readonly inSubnet: (address: string) => boolean;
  /** The service's container, once it is so. */
  readonly until: (service: string, is: (container: ContainerStatus) => boolean) => Promise<ContainerStatus>;
  readonly listen: () => Promise<Listener>;
}

interface TestUp {
  readonly build?: boolean;
  /** Instead of the environment's own. */
  readonly subnet?: string;
  readonly recreate?: boolean;
  readonly createOnly?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (line: string) => void;
}

/** An environment of the test's own: name, home, subnet and folder are nobody else's, and gone when the test is. */
export async function environment(
  subject: RuntimeSubject,
  fixed: { readonly subnet?: string } = {},
): Promise<TestEnvironment> {
  const runtime = subject.create();
  const mark = randomBytes(4).toString("hex");
  const project = `cilo_test_${mark}`;
  const folder = await mkdtemp(join(tmpdir(), "cilo-runtime-"));
  const target: RuntimeTarget = { composeProject: project, composeFile: join(folder, "compose.yaml"), env: {} };
  onTestFinished(async () => {
    await runtime.destroy(project, { signal: signal() });
    await rm(folder, { recursive: true, force: true });
  });
  const base = fixed.subnet ?? testSubnet();
  const network = `${project}_main`;

  const up = async (services: Record<string, Service>, { subnet, ...options }: TestUp = {}): Promise<void> => {
    const spec = isolatedSpec({
      project,
      home: mark,
      subnet: subnet ?? base,
      services,
      options: runtime.networkOptions,
    });
    await writeFile(target.composeFile, renderComposeFile(spec.document));
    await runtime.up(target, spec, { build: false, recreate: false, signal: signal(), ...options });
  };
  const containers = async (): Promise<readonly ContainerStatus[]> => {
    const status = await runtime.status({ composeProject: project }, { signal: signal() });
    return status.environments.get(project) ?? [];
  };
  const ids = async (): Promise<Record<string, string>> =>
    Object.fromEntries((await containers()).map(({ service, index, id }) => [`${service} ${index}`, id]));
  const owned = async (): Promise<{ kind: string; id: string }[]> =>
    (await runtime.inspect({ signal: signal() })).owned.filter(({ composeProject }) => composeProject === project);
  return {
    runtime,
    project,
    target,
    network,
    home: mark,
    subnet: base,
    up,
    containers,
    ids,
    objects: async (): Promise<string[]> => (await owned()).map(({ kind, id }) => `${kind} ${id}`).sort(),
    kinds: async (): Promise<string[]> => (await owned()).map(({ kind }) => kind).sort(),
    inSubnet: (address: string): boolean => isIn(address, base),
    until: async (service: string, is: (container: ContainerStatus) => boolean): Promise<ContainerStatus> =>
      await poll(async () => (await containers()).find((container) => container.service === service && is(container)), {
        signal: signal(),
        timeoutMs: 30_000,
        what: service,
      }),
    listen: async (): Promise<Listener> => await listen(runtime, project),
  };
}

interface Listener {
  readonly all: readonly RuntimeEvent[];
  until(is: (event: RuntimeEvent) => boolean): Promise<RuntimeEvent>;
  stop(): Promise<void>;
}

async function listen(runtime: Runtime, project: string): Promise<Listener> {
  const abort = new AbortController();
  const all: RuntimeEvent[] = [];
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  const reading = (async (): Promise<void> => {
    for await (const event of runtime.events(project, { signal: abort.signal, ready: resolve })) all.push(event);
  })();
  await Promise.race([ready, reading]);
  return {
    all,
    until: async (is) =>
      await poll(() => all.find(is), { signal: signal(), timeoutMs: 30_000, what: "an event that did not come" }),
    stop: async () => {
      abort.abort();
      await reading;
    },
  };
}

function isolatedSpec(request: {
  project: string;
  home: string;
  subnet: string;
  services: Record<string, Service>;
  options: Runtime["networkOptions"];
}): IsolatedSpec {
  const { project, home, subnet, options } = request;
  const driverOptions = options === undefined ? {} : { driver_opts: options };
  const labels = { [Label.home]: home };
  const services = Object.entries(request.services).map(([name, service]): [string, Service] => [
    name,
    { ...service, labels },
  ]);
  return {
    identity: { project: "test", environment: "conformance", home, suffix: ".test" },
    composeProject: project,
    document: {
      name: project,
      services: Object.fromEntries(services),
      networks: { main: { name: `${project}_main`, labels, ...driverOptions, ipam: { config: [{ subnet }] } } },
      volumes: { data: { name: `${project}_data`, labels } },
    },
    services: [],
    shared: [],
    sharedWithHost: [],
    notices: [],
  };
}

/** One of 4,096, which no other test is likely to have. */
export function testSubnet(): string {
  return `10.222.${randomInt(256)}.${randomInt(16) * 16}/28`;
}

/** True when the IPv4 address lies in the block. */
export function isIn(address: string, cidr: string): boolean {
  const [network = "", prefix = "32"] = cidr.split("/");
  const mask = 2 ** (32 - Number(prefix));
  return address !== "" && Math.floor(asNumber(address) / mask) === Math.floor(asNumber(network) / mask);
}

function asNumber(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}
