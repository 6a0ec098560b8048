import { chown, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { poll } from "@cilo/base";
import { beforeAll, expect, test } from "vitest";
import { ensureImages } from "../../scripts/setup/images.ts";
import { describeMachine } from "../../scripts/setup/machine.ts";
import { engine, everythingOf } from "./support/engine.ts";
import { featureRegistry } from "./support/feature-registry.ts";
import type { Files } from "./support/files.ts";
import { type TestMachine, testMachine } from "./support/machine.ts";
import { containersOf, statusOf } from "./support/status.ts";

beforeAll(async () => {
  await ensureImages(await describeMachine(AbortSignal.timeout(280_000)), ["busybox:latest", "node:24-alpine"]);
}, 300_000);

const both = ["one", "two"] as const;

/** What a command left in the environment's copy. */
async function proof(machine: TestMachine, environment: string, file = "proof"): Promise<string[]> {
  const { workspace } = await statusOf(machine, environment);
  return (await readFile(join(workspace, file), "utf8")).trim().split("\n");
}

async function inside(machine: TestMachine, environment: string, script: string): Promise<string> {
  return (await machine.ok(["exec", environment, "dev", "--", "sh", "-c", script])).stdout.trim();
}

const imageKind: Files = {
  ".devcontainer.json": `{
    // In the second of the three places.
    "image": "busybox:latest",
    "containerEnv": { "STAGE": "development" },
    "remoteEnv": { "GREETING": "hello \${containerEnv:STAGE}", "TOKEN": "\${localEnv:CILO_TEST_TOKEN:none}" },
    "secrets": { "CILO_TEST_SECRET": { "description": "handed over, kept nowhere" } },
    "mounts": ["type=volume,source=cache-\${devcontainerId},target=/cache"],
    "forwardPorts": [8000],
    "onCreateCommand": "echo create $GREETING >> proof",
    "updateContentCommand": ["sh", "-c", "echo update >> proof"],
    "postCreateCommand": { "a": "touch parallel-a", "b": ["touch", "parallel b"] },
    "postStartCommand": "echo start $CILO_TEST_SECRET >> proof; httpd -p 8000 -h .",
    "postAttachCommand": "echo attach >> proof",
  }`,
};

test("an image kind: two at once, each with its own files, data and name, commands in order and once", async () => {
  const machine = await testMachine();
  const project = await machine.project("plain", imageKind);
  const env = { CILO_TEST_SECRET: "s3cret" };
  await Promise.all(both.map((name) => machine.ok(["up", name, "--from", project], { env })));
  for (const name of both) {
    expect(await proof(machine, name)).toEqual(["create hello development", "update", "start s3cret", "attach"]);
    const { workspace } = await statusOf(machine, name);
    expect(await readdir(workspace)).toEqual(expect.arrayContaining(["parallel-a", "parallel b"]));
    expect((await machine.request(`http://dev.${name}.test:8000/proof`)).body).toContain("create hello development");
    expect(await inside(machine, name, 'echo "$PWD $GREETING $TOKEN"')).toBe(
      "/workspaces/plain hello development none",
    );
  }
  await inside(machine, "one", "echo mine > /cache/file");
  expect(await inside(machine, "two", "ls /cache")).toBe("");
  expect(await machine.json(["up", "one"], { env })).toMatchObject({ changed: false });
  await machine.ok(["shell", "one"], { input: "echo typed >> proof\n", env });
  expect((await proof(machine, "one")).slice(4)).toEqual(["attach", "typed"]);
  const kept = await Promise.all(["compose.yaml", "workbench/entered.json"].map((file) => keptOf(machine, file)));
  expect(kept.join("")).not.toContain("s3cret");
  for (const name of both) await machine.ok(["destroy", name, "--force"]);
  expect(await everythingOf((await machine.homeId()) ?? "")).toEqual([]);
});

async function keptOf(machine: TestMachine, file: string): Promise<string> {
  return await readFile(join(machine.home, "envs/plain/one", file), "utf8");
}

const dockerfileKind: Files = {
  ".devcontainer/devcontainer.json": JSON.stringify({
    build: { dockerfile: "Dockerfile", context: "..", args: { WHO: "me" } },
    features: { "./hello": { greeting: "hey" } },
    remoteUser: "worker",
    runArgs: ["--hostname=box", "--name", "not-this"],
    onCreateCommand: "id -un > proof; hello >> proof; cat /src.txt /who >> proof",
    customizations: { vscode: { extensions: ["one.two"] } },
  }),
  ".devcontainer/Dockerfile": [
    "FROM node:24-alpine",
    "ARG WHO",
    "RUN adduser -D -u 4321 worker 2>/dev/null || useradd -m -u 4321 worker",
    "RUN echo $WHO > /who",
    "COPY src.txt /src.txt",
    "",
  ].join("\n"),
  ".devcontainer/hello/devcontainer-feature.json": JSON.stringify({
    id: "hello",
    version: "1.0.0",
    options: { greeting: { type: "string", default: "hi" } },
    containerEnv: { FROM_FEATURE: "yes" },
    postCreateCommand: "echo feature > feature-proof",
  }),
  ".devcontainer/hello/install.sh": {
    content:
      '#!/bin/sh\nset -e\necho "echo $GREETING to $_REMOTE_USER" > /usr/local/bin/hello\nchmod +x /usr/local/bin/hello\n',
    mode: 0o755,
  },
  "src.txt": "first\n",
};

test("a Dockerfile kind with a local Feature: built from each copy, entered as its user, who owns the files", async () => {
  const machine = await testMachine();
  const project = await machine.project("built", dockerfileKind);
  await chown(project, 6789, 6789);
  await Promise.all(both.map((name) => machine.ok(["up", name, "--from", project])));
  for (const name of both) {
    expect(await proof(machine, name)).toEqual(["worker", "hey to worker", "first", "me"]);
    expect(await proof(machine, name, "feature-proof")).toEqual(["feature"]);
    expect(await inside(machine, name, "echo $(id -un) $(id -u) $(hostname) $FROM_FEATURE $HOME")).toBe(
      "worker 6789 box yes /home/worker",
    );
  }
  expect(await readdir(join(project, ".devcontainer"))).not.toContain("devcontainer-lock.json");
  const before = await containersOf(machine, "one");
  expect(await machine.json(["up", "one"])).toMatchObject({ changed: false });
  expect(await containersOf(machine, "one")).toEqual(before);
  await writeFile(join(project, "src.txt"), "second\n");
  await machine.ok(["up", "one"]);
  expect(await inside(machine, "one", "cat /src.txt")).toBe("second");
  expect(await inside(machine, "two", "cat /src.txt")).toBe("first");
  expect((await machine.ok(["open", "one", "--editor"])).stdout.trim()).toMatch(
    /^vscode:\/\/vscode-remote\/attached-container\+[0-9a-f]+\/workspaces\/built$/u,
  );
  const [container = ""] = (await containersOf(machine, "one"))["dev"] ?? [];
  expect(await engine("inspect", "--format={{json .Config.Labels}}", container)).toContain("one.two");
  for (const name of both) await machine.ok(["destroy", name]);
  expect(await everythingOf((await machine.homeId()) ?? "")).toEqual([]);
});

const composeKind: Files = {
  ".devcontainer/devcontainer.json": JSON.stringify({
    dockerComposeFile: ["compose.yml", "more.yml"],
    service: "app",
    workspaceFolder: "/work",
    containerEnv: { STAGE: "development" },
    forwardPorts: [8080, "db:5432"],
    onCreateCommand: "echo $STAGE in $(pwd) > proof",
    postStartCommand: "httpd -p 8080 -h /work",
  }),
  ".devcontainer/compose.yml": `services:
  app: { image: "busybox:latest", volumes: ["..:/work"], command: sleep infinity, depends_on: [db], stop_grace_period: 0s }
  db: { image: "busybox:latest", command: [httpd, -f, -p, "5432", -h, /], stop_grace_period: 0s }
`,
  ".devcontainer/more.yml": 'services: { app: { environment: { MORE: "1" } } }\n',
  "index.html": "served\n",
};

test("a Compose kind: two services each, entered as dev or by the service's name", async () => {
  const machine = await testMachine();
  const project = await machine.project("stack", composeKind);
  await Promise.all(both.map((name) => machine.ok(["up", name, "--from", project])));
  for (const name of both) {
    expect(await proof(machine, name)).toEqual(["development in /work"]);
    expect((await machine.request(`http://app.${name}.test:8080/`)).body).toBe("served\n");
    expect(await machine.request(`http://db.${name}.test:5432/etc/hostname`)).toMatchObject({ status: 200 });
    expect(
      await inside(machine, name, "echo $MORE $STAGE $(wget -q -O /dev/null http://db:5432/etc/hostname && echo yes)"),
    ).toBe("1 development yes");
    expect((await machine.ok(["exec", name, "app", "pwd"])).stdout).toBe("/work\n");
  }
  expect(await statusOf(machine, "one")).toMatchObject({ project: "stack" });
});

const stepwise = (second: string): Files => ({
  ".devcontainer/devcontainer.json": JSON.stringify({
    image: "busybox:latest",
    onCreateCommand: "echo first >> proof",
    postCreateCommand: second,
  }),
});

test("a command that fails says what it wrote and how to enter; the next up goes on there", async () => {
  const machine = await testMachine();
  const project = await machine.project(
    "failing",
    stepwise("echo about to; [ -e /tmp/mended ] && echo second >> proof"),
  );
  const failed = await machine.cilo(["up", "dev", "--from", project]);
  expect(failed.exitCode).toBe(1);
  expect(failed.stderr.trim().split("\n").at(-1)).toMatch(
    /^cilo: postCreateCommand .* ended with status 1 in dev: about to — .*cilo shell dev.*cilo up dev$/u,
  );
  await machine.ok(["shell", "dev"], { input: "touch /tmp/mended\n" });
  await machine.ok(["up", "dev"]);
  expect(await proof(machine, "dev")).toEqual(["first", "second"]);
});

test("a command that was running when cilo was killed runs again in the next up, those before it do not", async () => {
  const machine = await testMachine();
  const project = await machine.project(
    "killed",
    stepwise("[ -e /tmp/go ] || { touch /tmp/there; sleep 600; }; echo second >> proof"),
  );
  const { child, done } = machine.start(["up", "dev", "--from", project]);
  await poll(
    async () => ((await machine.cilo(["exec", "dev", "dev", "ls", "/tmp/there"])).exitCode === 0 ? true : undefined),
    { signal: AbortSignal.timeout(60_000), timeoutMs: 60_000, what: "the command" },
  );
  child.kill("SIGKILL");
  await done;
  await machine.ok(["exec", "dev", "dev", "touch", "/tmp/go"]);
  await machine.ok(["up", "dev"]);
  expect(await proof(machine, "dev")).toEqual(["first", "second"]);
});

test("a command that hangs is ended, in the container too", async () => {
  const machine = await testMachine();
  const project = await machine.project("hanging", stepwise("echo waiting; sleep 7777"));
  const hanging = await machine.cilo(["up", "dev", "--from", project, "--timeout", "3"]);
  expect(hanging.exitCode).toBe(1);
  expect(hanging.stderr).toMatch(/postCreateCommand .* wrote nothing for 3 s and was ended in dev: waiting/u);
  expect(await inside(machine, "dev", "ps | grep -c '[s]leep 7777' || true")).toBe("0");
});

test("initializeCommand is not run on the host unasked, and nothing is made", async () => {
  const machine = await testMachine();
  const files = {
    ".devcontainer/devcontainer.json": '{ "image": "busybox:latest", "initializeCommand": "touch ran" }',
  };
  const project = await machine.project("asking", files);
  const refused = await machine.cilo(["up", "dev", "--from", project]);
  expect(refused).toMatchObject({ exitCode: 5, stderr: expect.stringContaining("touch ran") });
  expect(await readdir(project)).toEqual([".devcontainer"]);
  expect(await everythingOf((await machine.homeId()) ?? "")).toEqual([]);
});

test("Features of a registry, in the order they need one another; one that cannot be built is told", async () => {
  const machine = await testMachine();
  const folder = await machine.project("published", {
    "devcontainer-feature.json": JSON.stringify({ id: "remote", version: "1.0.0" }),
    "install.sh": "#!/bin/sh\nset -e\necho remote >> /order\n",
  });
  await using registry = await featureRegistry("remote", folder);
  const id = `${registry.host}/test/remote:1`;
  const files = (install: string): Files => ({
    ".devcontainer/devcontainer.json": JSON.stringify({ image: "node:24-alpine", features: { "./local": {} } }),
    ".devcontainer/local/devcontainer-feature.json": JSON.stringify({
      id: "local",
      version: "1.0.0",
      dependsOn: { [id]: {} },
    }),
    ".devcontainer/local/install.sh": install,
  });
  const project = await machine.project("ordered", files("#!/bin/sh\nset -e\necho local >> /order\n"));
  await machine.ok(["up", "dev", "--from", project]);
  expect(await inside(machine, "dev", "cat /order")).toBe("remote\nlocal");
  const before = await containersOf(machine, "dev");
  await machine.project("ordered", files("#!/bin/sh\necho out of luck\nexit 3\n"));
  const failed = await machine.cilo(["up", "dev"]);
  expect(failed).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/the Features could not be built: \S/u) });
  expect(await containersOf(machine, "dev")).toEqual(before);
});
