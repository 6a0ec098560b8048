import { randomBytes, randomInt } from "node:crypto";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isCiloError, run } from "@cilo/base";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isolate, planNetworks } from "./isolation/isolate.ts";
import type { IsolatedSpec } from "./isolation/isolated-spec.ts";
import { inputOf } from "./isolation/testing.ts";
import { composeParser } from "./parsers/compose/index.ts";
import { projectFiles } from "./parsers/project-files.ts";
import { renderComposeFile } from "./runtimes/compose/compose-file.ts";
import { createTestedRuntime, testedProgram } from "./runtimes/tested-runtime.ts";
import type { ContainerStatus } from "./runtimes/runtime.ts";

const [program = "", ...first] = testedProgram;

/** A project that can run once on a machine: every line of it claims something that there is only one of. */
const PROJECT = `
services:
  web:
    build: .
    image: cilo-test/shop-web
    container_name: cilo-test-shop-web
    command: [httpd, -f, -p, "80", -h, /www]
    init: true
    ports: ["18080:80"]
    volumes: ["./www:/www"]
    links: ["db:database"]
    networks:
      front: { ipv4_address: 172.31.250.10 }
  db:
    image: cilo-test/shop-web
    container_name: cilo-test-shop-db
    command: [httpd, -f, -p, "5432", -h, /data]
    init: true
    ports: ["15432:5432"]
    volumes: ["data:/data"]
    extra_hosts: ["frontend:172.31.250.10"]
    networks: [front]
  probe:
    image: cilo-test/shop-web
    command: [sleep, "3600"]
    init: true
    network_mode: host
    pid: host
networks:
  front:
    name: cilo-test-shop-front
    driver_opts: { com.docker.network.bridge.name: br-cilo-test }
    ipam: { config: [{ subnet: 172.31.250.0/24 }] }
volumes:
  data: { name: cilo-test-shop-data }
`;

interface Copy {
  readonly name: string;
  readonly workspace: string;
  readonly isolated: IsolatedSpec;
  readonly composeFile: string;
}

const signal = (): AbortSignal => AbortSignal.timeout(60_000);
const runtime = createTestedRuntime();
const home = randomBytes(4).toString("hex");
const net = randomInt(256);
let scratch = "";
let copies: Copy[] = [];

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "cilo-side-by-side-"));
  const source = join(scratch, "shop");
  await mkdir(join(source, "www"), { recursive: true });
  await writeFile(join(source, "compose.yaml"), PROJECT);
  await writeFile(join(source, "Dockerfile"), "FROM busybox:latest\n");
  copies = await Promise.all(["one", "two"].map((name, index) => makeCopy(source, { name, index })));
  await Promise.all(copies.map(bringUp));
});

afterAll(async () => {
  await Promise.all(copies.map(({ isolated }) => runtime.destroy(isolated.composeProject, { signal: signal() })));
  await rm(scratch, { recursive: true, force: true });
});

async function makeCopy(source: string, { name, index }: { name: string; index: number }): Promise<Copy> {
  const workspace = join(scratch, name, "workspace");
  await cp(source, workspace, { recursive: true });
  await writeFile(join(workspace, "www", "index.html"), `this is ${name}`);
  const spec = composeParser.parse({ files: projectFiles(), env: { HOME: scratch }, workingDir: source });
  const identity = { project: "shop", environment: name, home, suffix: ".test" };
  const realPath = (path: string) => projectFiles().realPath(path);
  const input = inputOf({ identity, sourceRoot: source, workspaceRoot: workspace, realPath });
  const keys = planNetworks(spec, input).map(({ key }) => key);
  const subnets = Object.fromEntries(keys.map((key, at) => [key, `10.221.${net}.${(index * 4 + at) * 16}/28`]));
  const isolated = isolate(spec, { ...input, allocation: { blocks: [], subnets } });
  return { name, workspace, isolated, composeFile: join(scratch, name, "compose.yaml") };
}

async function bringUp({ isolated, composeFile }: Copy): Promise<void> {
  await writeFile(composeFile, renderComposeFile(isolated.document));
  const target = { composeProject: isolated.composeProject, composeFile, env: {} };
  await runtime.up(target, isolated, { build: false, recreate: false, signal: signal() });
}

async function containerOf(copy: Copy, service: string): Promise<ContainerStatus> {
  const { composeProject } = copy.isolated;
  const { environments } = await runtime.status({ composeProject }, { signal: signal() });
  const container = environments.get(composeProject)?.find((each) => each.service === service);
  if (container === undefined) throw new Error(`${copy.name} has no container of ${service}`);
  return container;
}

/** What the command says inside a service's container; `undefined` when it fails. */
async function inside(copy: Copy, service: string, command: readonly string[]): Promise<string | undefined> {
  const { id } = await containerOf(copy, service);
  try {
    const { stdout } = await run(program, [...first, "exec", id, ...command], { signal: signal(), env: process.env });
    return stdout.trim();
  } catch (error) {
    if (isCiloError(error, "COMMAND_FAILED")) return undefined;
    throw error;
  }
}

const fetch = (copy: Copy, service: string, url: string) =>
  inside(copy, service, ["busybox", "timeout", "3", "wget", "-qO-", url]);

test("two copies of a project that claims fixed ports, names, addresses and the host's network run side by side", async () => {
  for (const copy of copies)
    for (const service of ["web", "db", "probe"]) expect((await containerOf(copy, service)).state).toBe("running");
});

test.each([
  "http://web",
  "http://cilo-test-shop-web",
  "http://frontend",
  "http://web.ENV.test",
  "http://shop.ENV.test",
])("in each copy %s is its own web", async (url) => {
  for (const copy of copies)
    expect(await fetch(copy, "db", url.replace("ENV", copy.name))).toBe(`this is ${copy.name}`);
});

test("the host's network is not the network of a service that asked for it", async () => {
  const [one] = copies;
  if (one === undefined) throw new Error("no copies");
  expect(await fetch(one, "probe", "http://web.one.test")).toBeUndefined();
  const { addresses } = await containerOf(one, "probe");
  expect(Object.values(addresses)[0]).toMatch(new RegExp(String.raw`^10\.221\.${net}\.`, "u"));
});

test("each copy has its own data, files and image", async () => {
  for (const copy of copies) await inside(copy, "db", ["sh", "-c", `echo row of ${copy.name} > /data/row`]);
  for (const copy of copies) {
    expect(await fetch(copy, "web", "http://database:5432/row")).toBe(`row of ${copy.name}`);
    await inside(copy, "web", ["sh", "-c", "echo written > /www/written"]);
    expect(await readFile(join(copy.workspace, "www", "written"), "utf8")).toBe("written\n");
  }
  const images = copies.map(({ isolated }) => isolated.document.services["db"]?.image);
  expect(new Set(images).size).toBe(2);
});

test("neither copy can reach the other", async () => {
  const [one, two] = copies;
  if (one === undefined || two === undefined) throw new Error("no copies");
  const addresses = Object.values((await containerOf(two, "web")).addresses);
  expect(addresses).toHaveLength(1);
  expect(await fetch(one, "db", `http://${addresses[0]}`)).toBeUndefined();
  expect(await fetch(one, "db", "http://web.two.test")).toBeUndefined();
});
