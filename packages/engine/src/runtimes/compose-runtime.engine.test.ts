import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { spawn } from "node:child_process";
import { poll, run } from "@cilo/base";
import { describe, expect, onTestFinished, test } from "vitest";
import { EngineCode } from "../errors.ts";
import type { ComposeDocument } from "../isolation/isolated-spec.ts";
import type { Service } from "../spec/spec.ts";
import { renderComposeFile } from "./compose/compose-file.ts";
import { composeArguments } from "./compose/processes.ts";
import { findCompose } from "./compose/program.ts";
import { environment, signal, type TestEnvironment, testSubnet } from "./conformance-environment.ts";
import type { RuntimeAction } from "./runtime.ts";
import { createTestedRuntime, testedProgram } from "./tested-runtime.ts";

const [program = "", ...first] = testedProgram;
const subject = { create: () => createTestedRuntime(), image: "busybox:latest" };
const service = (more: Partial<Service> = {}): Service => ({
  image: "busybox:latest",
  command: ["sleep", "600"],
  init: true,
  networks: { main: null },
  ...more,
});

const HOSTILE = [
  "$HOME ${HOME:-x} $$ $",
  "a: b # c",
  "- x",
  " leading and trailing ",
  "yes",
  "1:20",
  "0x1F",
  "1e3",
  "~",
  "null",
  "<<",
  "*alias &anchor !tag",
  "'single' \"double\" \\ back",
  "line\nbreak\r\n\ttab\u0001\u007F\u0085\u2028\uFEFF",
  "{{ template }}",
  "日本語 😀",
  "@at `tick` %percent |pipe >fold",
  "---",
  "",
];

describe("the generated Compose file", () => {
  test("is read back by Compose with the very values it was made from", async () => {
    const { target } = await environment(subject);
    const values = Object.fromEntries(HOSTILE.map((value, index) => [`V${index}`, value]));
    const keys = Object.fromEntries(HOSTILE.filter((key) => !/[\n=]/u.test(key)).map((key) => [`k ${key}`, key]));
    const web = service({ command: HOSTILE, environment: values, labels: keys });
    const document: ComposeDocument = {
      name: target.composeProject,
      services: { web: { ...web, configs: [{ source: "text", target: "/text" }] } },
      networks: { main: { name: "n" } },
      configs: { text: { content: HOSTILE.join("\n") } },
    };
    await writeFile(target.composeFile, renderComposeFile(document));
    const read = await composeConfig(target.composeProject, target.composeFile);
    expect(read).toMatchObject({
      services: { web: { command: HOSTILE, environment: values, labels: keys } },
      configs: { text: { content: HOSTILE.join("\n") } },
    });
  });

  test("is read without the caller's COMPOSE_ variables and without a .env beside it", async () => {
    const env = {
      ...process.env,
      COMPOSE_PROJECT_NAME: "other",
      COMPOSE_FILE: "/nonexistent.yaml",
      COMPOSE_PROFILES: "debug",
    };
    const { up, target, ids } = await environment({ ...subject, create: () => createTestedRuntime(env) });
    await writeFile(join(dirname(target.composeFile), ".env"), "COMPOSE_PROJECT_NAME=other\nCOMPOSE_PROFILES=debug\n");
    await up({ web: service(), extra: service({ profiles: ["debug"] }) });
    expect(Object.keys(await ids())).toEqual(["web 1"]);
  });

  test("brings secrets from variables into the container, also one that is called PATH", async () => {
    const { runtime, target, project, subnet } = await environment(subject);
    const document: ComposeDocument = {
      name: project,
      services: { web: service({ secrets: [{ source: "s" }] }) },
      networks: { main: { name: `${project}_main`, ipam: { config: [{ subnet }] } } },
      secrets: { s: { environment: "PATH" } },
    };
    await writeFile(target.composeFile, renderComposeFile(document));
    const withValue = { ...target, env: { PATH: "hunter2 $x" } };
    await runtime.up(withValue, specOf(project, document), { build: false, recreate: false, signal: signal() });
    const { stdout } = await attached(withValue, exec("web", ["cat", "/run/secrets/s"]));
    expect(stdout).toBe("hunter2 $x");
  });
});

describe("a failed up says", () => {
  test("which service's command could not be started", async () => {
    const { up } = await environment(subject);
    await expect(up({ web: service({ init: false, command: ["nosuch"] }) })).rejects.toMatchObject({
      code: EngineCode.engineFailed,
      message: expect.stringMatching(/^web: .*exec: "nosuch": executable file not found in \$PATH$/u),
    });
  });

  test("that a host port is taken", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const published = String(typeof address === "object" ? address?.port : 0);
    const { up } = await environment(subject);
    await expect(up({ web: service({ ports: [{ target: 80, published }] }) })).rejects.toMatchObject({
      code: EngineCode.portTaken,
      message: expect.stringContaining(published),
    });
  });

  test("which build step failed, with what it wrote", async () => {
    const { up, target, objects } = await environment(subject);
    const context = await buildContext(target.composeFile, "FROM busybox:latest\nRUN echo no luck today; exit 3\n");
    await expect(
      up({ web: service({ image: "x", build: { context, labels: { "com.docker.compose.project": "x" } } }) }),
    ).rejects.toMatchObject({
      code: EngineCode.buildFailed,
      message: expect.stringMatching(/^the build(?: of web)? failed: .*exit code: 3 — no luck today$/u),
    });
    expect(await objects()).toEqual([]);
  });

  test("which service is unhealthy when others wait for it", async () => {
    const { up } = await environment(subject);
    const healthcheck = { test: ["CMD", "false"], interval: "200ms", retries: 1 };
    const services = {
      db: service({ healthcheck }),
      web: service({ depends_on: { db: { condition: "service_healthy" } } }),
    };
    await expect(up(services)).rejects.toMatchObject({
      code: EngineCode.serviceUnhealthy,
      message: "service db is unhealthy, and others wait for it",
    });
  });

  test("which service exited when others wait for it to end well", async () => {
    const { up } = await environment(subject);
    const services = {
      job: service({ command: ["sh", "-c", "exit 4"] }),
      web: service({ depends_on: { job: { condition: "service_completed_successfully" } } }),
    };
    await expect(up(services)).rejects.toMatchObject({
      code: EngineCode.serviceExited,
      message: "service job exited with 4, and others wait for it to end well",
    });
  });

  test("which path to mount is not there", async () => {
    const { up } = await environment(subject);
    const volumes = [{ type: "bind", source: "/nonexistent/cilo", target: "/x" }];
    await expect(up({ web: service({ volumes }) })).rejects.toMatchObject({
      code: EngineCode.engineFailed,
      message: "there is no /nonexistent/cilo to mount",
    });
  });
});

describe("a network that changes", () => {
  test("keeps the data of anonymous volumes while its containers move", async () => {
    const { up, target } = await environment(subject);
    const services = { db: service({ volumes: [{ type: "volume", target: "/data" }] }) };
    await up(services);
    await attached(target, exec("db", ["sh", "-c", "echo kept > /data/row"]));
    await up(services, { subnet: testSubnet() });
    expect((await attached(target, exec("db", ["cat", "/data/row"]))).stdout).toBe("kept\n");
  });

  test("is made good by the next up when the move was broken off", async () => {
    const { up, target, network, containers, inSubnet } = await environment(subject);
    const services = { web: service(), db: service({ image: "localhost:1/cilo-no-such-image:1" }) };
    await up({ web: service() });
    await expect(up(services, { subnet: testSubnet() })).rejects.toMatchObject({ code: EngineCode.imageUnavailable });
    await up({ web: service() });
    expect((await containers()).every(({ addresses }) => inSubnet(addresses[network] ?? ""))).toBe(true);
    expect((await attached(target, exec("web", ["true"]))).exitCode).toBe(0);
  });
});

describe("anonymous volumes go with the environment", () => {
  test.each<[string, (env: TestEnvironment, web: Service) => Promise<void>]>([
    ["when it ran once", async () => undefined],
    ["when the container was recreated", async ({ up }, web) => await up({ web }, { recreate: true })],
    ["when the service was taken out", async ({ up }) => await up({ other: service() })],
    ["when the environment was down", async ({ runtime, target }) => await runtime.down(target, { signal: signal() })],
  ])("%s", async (_, meanwhile) => {
    const env = await environment(subject);
    const web = service({ volumes: [{ type: "volume", target: "/data" }] });
    await env.up({ web });
    const [volume = ""] = await mountedVolumes(env);
    expect(volume).toMatch(/^[0-9a-f]{64}$/u);
    await meanwhile(env, web);
    expect(await engine("volume", "inspect", volume)).toBe(0);
    await env.runtime.destroy(env.project, { signal: signal() });
    expect(await engine("volume", "inspect", volume)).toBe(1);
    expect(await env.objects()).toEqual([]);
  });
});

test("a container of somebody else's on a volume is named at once, and the rest goes; without it all is gone", async () => {
  const { up, project, runtime, objects, kinds } = await environment(subject);
  await up({ web: service({ volumes: [{ type: "volume", source: "data", target: "/data" }] }) });
  const theirs = `theirs-${project}`;
  const mount = ["--volume", `${project}_data:/data`, "--stop-signal", "KILL"];
  expect(await engine("run", "--detach", "--name", theirs, ...mount, "busybox:latest", "sleep", "600")).toBe(0);
  onTestFinished(async () => void (await engine("rm", "--force", theirs)));
  await expect(runtime.destroy(project, { signal: signal() })).rejects.toMatchObject({
    code: EngineCode.engineFailed,
    message: `the volume ${project}_data is still used by ${theirs}, which Cilo did not make`,
    hint: expect.stringContaining(` rm --force ${theirs}`),
  });
  expect(await kinds()).toEqual(["volume"]);
  expect(await engine("rm", "--force", theirs)).toBe(0);
  await runtime.destroy(project, { signal: signal() });
  expect(await objects()).toEqual([]);
});

describe("images built for an environment", () => {
  test("go with it, and tags that the user gave stay", async () => {
    const { up, target, project, home, runtime } = await environment(subject);
    const context = await buildContext(target.composeFile, "FROM busybox:latest\nRUN true\n");
    const image = `cilo.localhost/${home}/test/dev/web:latest`;
    const mine = `cilo-test-kept:${project}`;
    await up({ web: service({ image, build: { context, labels: { "com.docker.compose.project": project } } }) });
    onTestFinished(async () => void (await engine("image", "rm", "--force", mine)));
    expect(await engine("image", "tag", image, mine)).toBe(0);
    await runtime.destroy(project, { signal: signal() });
    expect(await engine("image", "inspect", image)).toBe(1);
    expect(await engine("image", "inspect", mine)).toBe(0);
  });

  test("are found by their name alone", async () => {
    const { runtime, home, project } = await environment(subject);
    const images = [`cilo.localhost/${home}/shop/dev/web:latest`, `cilo.localhost/${home}/shop/db:shared-${project}`];
    onTestFinished(async () => void (await engine("image", "rm", "--force", ...images)));
    for (const image of images) await engine("image", "tag", "busybox:latest", image);
    const { owned } = await runtime.inspect({ signal: signal() });
    const found = owned.filter((object) => object.home === home);
    expect(found.map(({ kind, name }) => `${kind} ${name}`).sort()).toEqual(
      images.map((name) => `image ${name}`).sort(),
    );
  });

  test("go with it when they were built twice", async () => {
    const { up, target, project, home, kinds, runtime } = await environment(subject);
    const image = `cilo.localhost/${home}/test/dev/web:latest`;
    for (const text of ["one", "two"]) {
      const context = await buildContext(target.composeFile, `FROM busybox:latest\nRUN echo ${text} > /text\n`);
      await up(
        {
          web: service({
            image,
            build: { context, labels: { "cilo.home": "x", "com.docker.compose.project": project } },
          }),
        },
        { build: true },
      );
    }
    await runtime.destroy(project, { signal: signal() });
    expect(await kinds()).toEqual([]);
  });
});

describe("attach", () => {
  test("passes pipes, arguments and the exit status of a command", async () => {
    const { up, target } = await environment(subject);
    await up({ web: service() });
    const command = ["sh", "-c", 'cat; printf "[%s]" "$@"; echo oops >&2; exit 7', "sh", "--", "-it", "a b", ""];
    const result = await attached(target, exec("web", command), "from stdin ");
    expect(result).toEqual({ exitCode: 7, stdout: "from stdin [--][-it][a b][]", stderr: "oops\n" });
  });

  test("gives a command user, folder, variables and a terminal", async () => {
    const { up, target } = await environment(subject);
    await up({ web: service() });
    const command = ["sh", "-c", 'test -t 0 && echo "$(id -u) $PWD $GREETING"'];
    const action = { ...exec("web", command), tty: true, user: "33", workdir: "/bin", env: { GREETING: "a b" } };
    const code = attachScript(target, action);
    const quoted = [process.execPath, "--input-type=module", "-e", code]
      .map((word) => `'${word.replaceAll("'", `'\\''`)}'`)
      .join(" ");
    const { stdout } = await run("script", ["-qec", quoted, "/dev/null"], { signal: signal(), env: process.env });
    expect(stdout.trim()).toContain("33 /bin a b");
  });

  test("reaches each container of a scaled service", async () => {
    const { up, target, containers } = await environment(subject);
    await up({ web: service({ scale: 2 }) });
    const hostnames = (await containers()).map(({ id }) => id.slice(0, 12));
    const asked = await Promise.all(
      [1, 2].map(async (index) =>
        (await attached(target, { ...exec("web", ["cat", "/etc/hostname"]), index })).stdout.trim(),
      ),
    );
    expect(asked).toEqual(hostnames);
  });

  test("shows the logs of the services asked for", async () => {
    const { up, target } = await environment(subject);
    const says = (text: string): Service => service({ command: ["sh", "-c", `echo ${text}; sleep 600`] });
    await up({ web: says("hello"), db: says("quiet") });
    const logs = { kind: "logs", services: ["web"], follow: false, timestamps: false, tail: "1" } as const;
    await poll(async () => (await attached(target, logs)).stdout.includes("hello"), {
      signal: signal(),
      timeoutMs: 10_000,
      what: "the log line",
    });
    expect((await attached(target, logs)).stdout).toBe("web-1  | hello\n");
  });

  test("copies into a service and out of it", async () => {
    const { up, target } = await environment(subject);
    await up({ web: service() });
    const file = join(dirname(target.composeFile), "-file");
    await writeFile(file, "content");
    expect((await attached(target, { kind: "cp", from: file, to: "web:/copy" })).exitCode).toBe(0);
    expect((await attached(target, { kind: "cp", from: "web:/copy", to: `${file}2` })).exitCode).toBe(0);
    expect(await readFile(`${file}2`, "utf8")).toBe("content");
  });
});

describe("a caller killed during up", () => {
  test("leaves nothing behind once the environment is destroyed", async () => {
    const { target, project, runtime, objects, subnet } = await environment(subject);
    const { killed } = await killedUp({ project, subnet, target });
    expect(killed).toBe(true);
    await runtime.destroy(project, { signal: signal() });
    expect(await objects()).toEqual([]);
    expect(await composeProcesses(project)).toEqual([]);
  });

  test("does not stand in the way of the next up", async () => {
    const { target, project, up, subnet, containers } = await environment(subject);
    await killedUp({ project, subnet, target });
    await up({ web: service() });
    expect((await containers()).map((container) => `${container.service} ${container.state}`)).toEqual(["web running"]);
    expect(await composeProcesses(project)).toEqual([]);
  });
});

/** Starts an `up` in a process of its own and kills that once its Compose has begun to create containers. */
async function killedUp({
  project,
  subnet,
  target,
}: Pick<TestEnvironment, "project" | "subnet" | "target">): Promise<{ killed: boolean }> {
  const labels = { "cilo.home": project.slice(-8) };
  const services = Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`s${index}`, service({ labels })]));
  const document: ComposeDocument = {
    name: project,
    services,
    networks: { main: { name: `${project}_main`, labels, ipam: { config: [{ subnet }] } } },
  };
  await writeFile(target.composeFile, renderComposeFile(document));
  const call = `up(${JSON.stringify(target)}, ${JSON.stringify(specOf(project, document))}, {
    build: false, recreate: false, signal: AbortSignal.timeout(60000), onProgress: (line) => console.log(line) })`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script(`await runtime.${call}`)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once("exit", (_, name) => resolve(name)));
  for await (const chunk of child.stdout) if (String(chunk).includes("Container")) child.kill("SIGKILL");
  return { killed: (await ended) === "SIGKILL" };
}

async function composeProcesses(project: string): Promise<string[]> {
  const { stdout } = await run("ps", ["-axww", "-o", "command="], { signal: signal(), env: process.env });
  return stdout.split("\n").filter((line) => line.includes(` -p ${project} `));
}

function specOf(project: string, document: ComposeDocument): Parameters<TestEnvironment["runtime"]["up"]>[1] {
  return {
    identity: { project: "test", environment: "test", home: "00000000", suffix: ".test" },
    composeProject: project,
    document,
    services: [],
    shared: [],
    sharedWithHost: [],
    notices: [],
  };
}

function exec(name: string, command: readonly string[]): Extract<RuntimeAction, { kind: "exec" }> {
  return { kind: "exec", service: name, command, tty: false };
}

/** `attach` uses the streams of its process, so it gets one of its own. */
async function attached(
  target: TestEnvironment["target"],
  action: RuntimeAction,
  input = "",
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const args = ["--input-type=module", "-e", attachScript(target, action)];
  const expectAny = Array.from({ length: 256 }, (_, status) => status);
  const { exitCode, stdout, stderr } = await run(process.execPath, args, {
    signal: signal(),
    env: process.env,
    input,
    expect: expectAny,
  });
  return { exitCode, stdout, stderr };
}

function attachScript(target: TestEnvironment["target"], action: RuntimeAction): string {
  const call = `runtime.attach(${JSON.stringify(target)}, ${JSON.stringify(action)}, { signal: AbortSignal.timeout(60000) })`;
  return script(`process.exitCode = await ${call}`);
}

function script(body: string): string {
  const module = new URL("./tested-runtime.ts", import.meta.url).href;
  return `import { createTestedRuntime } from ${JSON.stringify(module)};
    const runtime = createTestedRuntime(); ${body};`;
}

async function mountedVolumes({ containers }: TestEnvironment): Promise<string[]> {
  const ids = (await containers()).map(({ id }) => id);
  const format = "{{range .Mounts}}{{.Name}}\n{{end}}";
  const { stdout } = await run(program, [...first, "inspect", "-f", format, ...ids], {
    signal: signal(),
    env: process.env,
  });
  return stdout.split("\n").filter(Boolean);
}

async function composeConfig(project: string, file: string): Promise<unknown> {
  const program = await findCompose(process.env, { signal: signal() });
  const args = [...composeArguments(project, file), "config", "--format", "json"];
  const { stdout } = await run(program, args, { signal: signal(), env: process.env });
  // What Compose prints is a Compose file again: every dollar sign doubled.
  return JSON.parse(stdout.replaceAll("$$", () => "$"));
}

async function buildContext(composeFile: string, dockerfile: string): Promise<string> {
  const context = join(dirname(composeFile), "context");
  await rm(context, { recursive: true, force: true });
  await mkdir(context);
  await writeFile(join(context, "Dockerfile"), dockerfile);
  return context;
}

/** 0, or 1 for whatever status says that it failed. */
async function engine(...args: string[]): Promise<number> {
  return (await run(program, [...first, ...args], { signal: signal(), env: process.env, expect: [0, 1, 125] }))
    .exitCode === 0
    ? 0
    : 1;
}
