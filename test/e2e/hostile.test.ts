import { execFile } from "node:child_process";
import { mkdir, readFile, readdir, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { ciloProgram } from "./support/cilo.ts";
import { everythingOf } from "./support/engine.ts";
import { type TestMachine, testMachine } from "./support/machine.ts";
import { oneService, smallProject } from "./support/projects.ts";

/** One line on stderr that holds `words`, no stack, the wanted status, and nothing made. */
async function expectRefused(
  machine: TestMachine,
  args: readonly string[],
  wanted: { status: number; words: RegExp; env?: Record<string, string> },
): Promise<void> {
  const call = await machine.cilo(args, wanted.env === undefined ? {} : { env: wanted.env });
  expect(call, call.stderr).toMatchObject({ exitCode: wanted.status });
  const lines = call.stderr.split("\n").filter((line) => line !== "" && !/^\s*(warn|note)/iu.test(line));
  expect(lines, call.stderr).toHaveLength(1);
  expect(lines[0]).toMatch(wanted.words);
  expect(call.stderr).not.toMatch(/^\s+at /mu);
  expect(await everythingOf((await machine.homeId()) ?? "none")).toEqual([]);
  expect(await entries(join(machine.home, "envs"))).toEqual([]);
  expect(await entries(join(machine.home, "blocks"))).toEqual([]);
}

async function entries(folder: string): Promise<string[]> {
  const all = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return all.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

test.each(["../etc", "Upper", "a_b", "-a", "a.b", "a/b", "", "a".repeat(64), "ü"])(
  "an environment called %j is refused by name",
  async (name) => {
    const machine = await testMachine();
    const project = await machine.project("small", smallProject);
    await expectRefused(machine, ["up", name, "--from", project], {
      status: 2,
      words: /DNS label|environment name|no flag/u,
    });
  },
);

test("a project name with ../ in a repository's config is refused and deletes nothing", async () => {
  const machine = await testMachine();
  const project = await machine.project("small", { ...smallProject, ".cilo/config.yml": "project: ../..\n" });
  await writeFile(join(machine.folder, "precious"), "kept");
  await expectRefused(machine, ["up", "dev", "--from", project], { status: 1, words: /config\.yml:1.*project/u });
  await machine.cilo(["destroy", "dev", "--force"]);
  expect(await readFile(join(machine.folder, "precious"), "utf8")).toBe("kept");
});

test("a compose file over 64 MB is refused before it is parsed", async () => {
  const machine = await testMachine();
  const project = await machine.project("big", { "compose.yml": `services: {}\n#${"x".repeat(65 * 1024 * 1024)}` });
  await expectRefused(machine, ["up", "dev", "--from", project], { status: 1, words: /compose\.yml.*64/u });
});

test("a YAML bomb is refused", async () => {
  const machine = await testMachine();
  const levels = Array.from({ length: 12 }, (_, level) => {
    const name = String.fromCodePoint(98 + level);
    const before = String.fromCodePoint(97 + level);
    return `x-${name}: &${name} [${Array.from({ length: 10 }, () => `*${before}`).join(", ")}]`;
  });
  const bomb = ["x-a: &a [lol, lol]", ...levels, "services: { web: { image: busybox, x-all: *m } }"].join("\n");
  const project = await machine.project("bomb", { "compose.yml": bomb });
  await expectRefused(machine, ["up", "dev", "--from", project], { status: 1, words: /compose\.yml/u });
});

test("without an engine the error names it and says what to do", async () => {
  const machine = await testMachine();
  const project = await machine.project("small", smallProject);
  await expectRefused(machine, ["up", "dev", "--from", project], {
    status: 4,
    words: /nothing-here\.sock.* — /u,
    env: { DOCKER_HOST: `unix://${machine.folder}/nothing-here.sock` },
  });
});

test("an engine that hangs up in mid-answer is named too", async () => {
  const machine = await testMachine();
  const socket = join(machine.folder, "dying.sock");
  const server = createServer((client) => client.destroy()).listen(socket);
  onTestFinished(() => void server.close());
  const project = await machine.project("small", smallProject);
  await expectRefused(machine, ["up", "dev", "--from", project], {
    status: 4,
    words: /dying\.sock/u,
    env: { DOCKER_HOST: `unix://${socket}` },
  });
});

test("without dnsmasq the error says how to install it", async () => {
  const machine = await testMachine();
  const project = await machine.project("small", smallProject);
  const hidden = ["--mount", "sh", "-c", 'mount --bind /dev/null /usr/sbin/dnsmasq && exec "$@"', "sh"];
  const args = [...hidden, ciloProgram, "up", "dev", "--from", project];
  const call = promisify(execFile)("unshare", args, { env: { ...machine.env } });
  await expect(call).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^cilo: dnsmasq.* — .*install.*$/mu),
  });
  expect(await everythingOf((await machine.homeId()) ?? "none")).toEqual([]);
  expect(await entries(join(machine.home, "envs"))).toEqual([]);
});

test("a DNS port that somebody else has is named, with the option that chooses another", async () => {
  const machine = await testMachine();
  const project = await machine.project("small", smallProject);
  const taken = createServer().listen(machine.dnsPort, "127.0.0.1");
  onTestFinished(() => void taken.close());
  await expectRefused(machine, ["up", "dev", "--from", project], {
    status: 1,
    words: new RegExp(`${machine.dnsPort}.*--dns-port`, "u"),
  });
});

test("an image that cannot be had rolls the first up back, and the error names service or image", async () => {
  const machine = await testMachine();
  const project = await machine.project("gone", {
    "compose.yml":
      "services:\n  web:\n    image: 127.0.0.1:1/no/such-image:1\n  db:\n    image: busybox:latest\n    command: [sleep, '1000']\n",
  });
  await expectRefused(machine, ["up", "dev", "--from", project], { status: 1, words: /image of web.* — /u });
});

test("a link that leaves the workspace is mounted only after it was named as shared with the host", async () => {
  const machine = await testMachine();
  const secret = join(machine.folder, "outside");
  await mkdir(secret);
  await writeFile(join(secret, "secret.txt"), "of the host");
  const files = oneService("links");
  const project = await machine.project("links", { ...files, "www/out": { link: secret } });
  await machine.ok(["up", "links-1", "--from", project]);
  expect(await machine.request("http://web.links-1.test/out/secret.txt")).toMatchObject({ status: 404 });
  const mounted = await machine.project("mounted", {
    "compose.yml": (typeof files["compose.yml"] === "string" ? files["compose.yml"] : "").replace("./www", "./link"),
    link: { link: secret },
  });
  const call = await machine.ok(["up", "links-2", "--from", mounted]);
  expect(call.stderr + call.stdout).toContain(secret);
});

test("content of secrets is in no output and in no file that others can read", async () => {
  const machine = await testMachine();
  const password = "hunter2-and-more";
  const project = await machine.project("secretive", {
    "compose.yml": `services:
  web:
    image: busybox:latest
    command: ["sh", "-c", "cat /run/secrets/fromenv /run/secrets/fromfile > /seen && sleep 1000"]
    stop_grace_period: 0s
    environment: { PASSWORD: "${password}" }
    secrets: [fromenv, fromfile]
secrets:
  fromenv: { environment: TEST_SECRET }
  fromfile: { file: ./secret.txt }
`,
    "secret.txt": { content: password, mode: 0o600 },
  });
  const env = { TEST_SECRET: password };
  const calls = [
    await machine.ok(["up", "hidden", "--from", project], { env }),
    await machine.ok(["up", "hidden", "--json"], { env }),
    await machine.ok(["status", "hidden", "--json"]),
    await machine.ok(["config", "hidden"]),
    await machine.ok(["config", "hidden", "--isolated"]),
    await machine.ok(["spec", "--from", project], { env }),
  ];
  for (const call of calls) expect(call.stdout + call.stderr, call.args.join(" ")).not.toContain(password);
  expect((await machine.ok(["exec", "hidden", "web", "--", "cat", "/seen"])).stdout).toBe(password + password);
  const folder = join(machine.home, "envs", "secretive", "hidden");
  expect((await stat(folder)).mode & 0o077).toBe(0);
  for (const file of await entries(machine.home)) {
    if (file.startsWith(join(folder, "workspace")) || !(await readFile(file, "latin1")).includes(password)) continue;
    expect((await stat(file)).mode & 0o077, file).toBe(0);
  }
});
