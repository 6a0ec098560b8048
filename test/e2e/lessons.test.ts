/** What went wrong in an earlier attempt at this product, each as a promise. */
import { execFileSync } from "node:child_process";
import { appendFile, chmod, lstat, mkdir, readFile, readlink, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { poll } from "@cilo/base";
import { expect, test } from "vitest";
import { dnsmasqOf } from "./support/dnsmasq.ts";
import { engine, everythingOf, labelled } from "./support/engine.ts";
import { testMachine } from "./support/machine.ts";
import { oneService, smallProject } from "./support/projects.ts";
import { containersOf, statusOf } from "./support/status.ts";

const { signal } = new AbortController();

test("fixed host ports of two environments do not clash, and no port of the host is taken", async () => {
  const machine = await testMachine();
  const project = await machine.project("small", smallProject);
  await machine.ok(["up", "one", "--from", project]);
  await machine.ok(["up", "two", "--from", project]);
  const ids = await labelled("container", `cilo.home=${await machine.homeId()}`);
  const published = await engine("inspect", "--format", "{{json .HostConfig.PortBindings}}", ...ids);
  // Podman lists exposed ports here too, bound to nothing.
  expect(published.trim().split("\n")).toHaveLength(4);
  expect(published).not.toContain("HostPort");
});

test("two projects with the same names for everything do not share it, and destroying one leaves the other's data", async () => {
  const machine = await testMachine();
  const first = await machine.project("first", smallProject);
  const compose = smallProject["compose.yml"].replace("name: small\n", "name: other\n");
  const second = await machine.project("second", { ...smallProject, "compose.yml": compose });
  await machine.ok(["up", "dev", "--from", first]);
  await machine.ok(["up", "test", "--from", second]);
  await machine.ok(["exec", "test", "db", "--", "sh", "-c", "echo precious > /data/file"]);
  await machine.ok(["destroy", "dev", "--force"]);
  expect((await machine.request("http://db.test.test:5432/file")).body).toBe("precious\n");
});

test("names answer the moment up returns and no longer the moment destroy does, wildcards too", async () => {
  const machine = await testMachine();
  const project = await machine.project("one", oneService("one"));
  for (let round = 0; round < 5; round += 1) {
    await machine.ok(["up", "dev", "--from", project]);
    expect(await machine.resolve("web.dev.test")).toHaveLength(1);
    expect(await machine.resolve("any.one.dev.test")).toHaveLength(1);
    await machine.ok(["destroy", "dev", "--force"]);
    expect(await machine.resolve("web.dev.test")).toEqual([]);
    expect(await machine.resolve("any.one.dev.test")).toEqual([]);
  }
});

test("a dnsmasq that was killed is back, with every name, after the next command whatever it is", async () => {
  const machine = await testMachine();
  const project = await machine.project("one", oneService("one"));
  await machine.ok(["up", "dev", "--from", project]);
  for (const pid of await dnsmasqOf(machine.home)) process.kill(pid, "SIGKILL");
  expect(await machine.resolve("web.dev.test")).toEqual([]);
  await machine.ok(["list"]);
  await poll(async () => (await machine.resolve("web.dev.test")).length === 1, {
    signal,
    timeoutMs: 2000,
    what: "the name to answer again",
  });
});

test("the copy keeps execute bits, links, dangling links and dot-folders", async () => {
  const machine = await testMachine();
  const project = await machine.project("one", {
    ...oneService("one"),
    "bin/tool": { content: "#!/bin/sh\necho tool\n", mode: 0o755 },
    "private.key": { content: "secret", mode: 0o600 },
    ".config/settings": "dot",
    link: { link: "bin/tool" },
    dangling: { link: "nowhere" },
    outside: { link: "/etc/hostname" },
    loop: { link: "." },
  });
  await machine.ok(["up", "dev", "--from", project]);
  const { workspace } = await statusOf(machine, "dev");
  expect((await stat(join(workspace, "bin/tool"))).mode & 0o777).toBe(0o755);
  expect((await stat(join(workspace, "private.key"))).mode & 0o777).toBe(0o600);
  expect(await readFile(join(workspace, ".config/settings"), "utf8")).toBe("dot");
  for (const [name, target] of [
    ["link", "bin/tool"],
    ["dangling", "nowhere"],
    ["loop", "."],
  ] as const) {
    expect((await lstat(join(workspace, name))).isSymbolicLink()).toBe(true);
    expect(await readlink(join(workspace, name))).toBe(target);
  }
  expect(await readlink(join(workspace, "outside"))).toBe("/etc/hostname");
});

test("git in the workspace of a worktree has its own index, and the source's is untouched", async () => {
  const machine = await testMachine();
  const main = await machine.project("main", oneService("one"));
  const git = (folder: string, ...args: string[]): string =>
    execFileSync("git", ["-C", folder, "-c", "user.name=t", "-c", "user.email=t@example.test", ...args], {
      encoding: "utf8",
    });
  git(main, "init", "--quiet", "--initial-branch=main");
  git(main, "add", ".");
  git(main, "commit", "--quiet", "--message=first");
  const tree = join(machine.folder, "tree");
  git(main, "worktree", "add", "--quiet", "-b", "feature", tree);
  await writeFile(join(tree, "untracked.txt"), "untracked");
  const index = join(git(tree, "rev-parse", "--absolute-git-dir").trim(), "index");
  const before = await readFile(index);
  await machine.ok(["up", "dev", "--from", tree]);
  const { workspace } = await statusOf(machine, "dev");
  expect(git(workspace, "status", "--porcelain")).toBe("?? untracked.txt\n");
  await writeFile(join(workspace, "www/index.html"), "edited in the workspace\n");
  git(workspace, "add", "--all");
  git(workspace, "commit", "--quiet", "--message=in the workspace");
  expect(await readFile(index)).toEqual(before);
  expect(git(tree, "status", "--porcelain")).toBe("?? untracked.txt\n");
  expect(git(tree, "log", "--format=%s")).toBe("first\n");
});

test("up on a running environment succeeds", async () => {
  const machine = await testMachine();
  const project = await machine.project("one", oneService("one"));
  await machine.ok(["up", "dev", "--from", project]);
  await machine.ok(["up", "dev", "--from", project]);
});

test("address blocks come back: a range of four serves twelve environments one after another", async () => {
  const machine = await testMachine({ prefix: 24 });
  const project = await machine.project("one", oneService("one"));
  for (let round = 1; round <= 12; round += 1) {
    await machine.ok(["create", `env-${round}`, "--from", project]);
    await machine.ok(["destroy", `env-${round}`, "--force"]);
  }
});

test("a range that is used up is a clear error with the next step, and leaves nothing", async () => {
  const machine = await testMachine({ prefix: 24 });
  const project = await machine.project("one", oneService("one"));
  for (let count = 1; count <= 4; count += 1) await machine.ok(["create", `env-${count}`, "--from", project]);
  const call = await machine.cilo(["create", "env-5", "--from", project]);
  expect(call.exitCode).toBe(1);
  expect(call.stderr).toMatch(/cilo (init --base-subnet|destroy)/u);
  expect(await machine.cilo(["status", "env-5"])).toMatchObject({ exitCode: 3 });
});

test("run starts what does not run, whatever was written down before a reboot", async () => {
  const machine = await testMachine();
  const project = await machine.project("one", oneService("one"));
  await machine.ok(["up", "dev", "--from", project]);
  const ids = await labelled("container", `cilo.home=${await machine.homeId()}`);
  await engine("stop", "--time", "0", ...ids);
  const { stdout } = await machine.ok([
    "run",
    "sh",
    "dev",
    "-c",
    "echo $CILO_ENV $CILO_URL_WEB; pwd; test -f compose.yml",
  ]);
  expect(stdout).toContain("dev http://web.dev.test");
  expect(await machine.request("http://web.dev.test/")).toMatchObject({ status: 200 });
});

test("run hands every word after the environment to the command, -- included, and its status back", async () => {
  const machine = await testMachine();
  const project = await machine.project("one", oneService("one"));
  const { stdout } = await machine.ok([
    "run",
    "--from",
    project,
    "printf",
    "ci-7",
    "[%s]",
    "test",
    "--",
    "--grep",
    "x y",
  ]);
  expect(stdout).toContain("[test][--][--grep][x y]");
  expect(await machine.cilo(["run", "sh", "ci-7", "-c", "exit 42"])).toMatchObject({ exitCode: 42 });
});

const sharingProject = {
  "compose.yml": `name: sharing
services:
  web:
    image: busybox:latest
    command: ["httpd", "-f", "-p", "80", "-h", "/www"]
    expose: ["80"]
    volumes: ["./www:/www:ro"]
    depends_on: { db: { condition: service_healthy } }
    stop_grace_period: 0s
  db:
    image: busybox:latest
    command: ["sh", "-c", "touch /data/ready && exec httpd -f -p 5432 -h /data"]
    labels: { cilo.share: "true" }
    volumes: ["data:/data"]
    expose: ["5432"]
    healthcheck: { test: ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:5432/ready"], interval: 1s, retries: 30 }
    stop_grace_period: 0s
volumes: { data: {} }
`,
  "www/index.html": "sharing\n",
};

test("a shared service is one container with its data for all environments, by its name in each", async () => {
  const machine = await testMachine();
  const project = await machine.project("sharing", sharingProject);
  await machine.ok(["up", "one", "--from", project]);
  await machine.ok(["exec", "one", "db", "--", "sh", "-c", "echo shared > /data/file"]);
  await machine.ok(["up", "two", "--from", project]);
  const [one, two] = [await containersOf(machine, "one"), await containersOf(machine, "two")];
  expect(one["db"]).toEqual(two["db"]);
  expect(one["web"]).not.toEqual(two["web"]);
  const fromInside = await machine.ok(["exec", "two", "web", "--", "wget", "-q", "-O", "-", "http://db:5432/file"]);
  expect(fromInside.stdout).toBe("shared\n");
  await machine.ok(["destroy", "one", "--force"]);
  expect((await machine.request("http://db.two.test:5432/file")).body).toBe("shared\n");
});

test("another configuration of a shared service is another container", async () => {
  const machine = await testMachine();
  const project = await machine.project("sharing", sharingProject);
  await machine.ok(["up", "one", "--from", project]);
  const compose = sharingProject["compose.yml"].replace(
    '{ cilo.share: "true" }',
    '{ cilo.share: "true" }\n    environment: { NEW: "1" }',
  );
  await writeFile(join(project, "compose.yml"), compose);
  await machine.ok(["up", "two", "--from", project]);
  expect((await containersOf(machine, "one"))["db"]).not.toEqual((await containersOf(machine, "two"))["db"]);
});

test("URLs carry the port unless it is 80", async () => {
  const machine = await testMachine();
  const compose = smallProject["compose.yml"].replace("  db:\n", '  db:\n    expose: ["5432"]\n');
  const project = await machine.project("small", { ...smallProject, "compose.yml": compose });
  await machine.ok(["up", "dev", "--from", project]);
  const { services } = await statusOf(machine, "dev");
  expect(services.map(({ service, url }) => [service, url])).toEqual(
    expect.arrayContaining([
      ["web", "http://web.dev.test"],
      ["db", expect.stringMatching(/:\/\/db\.dev\.test:5432$/u)],
    ]),
  );
});

test("a hook of a repository does not run before the user allowed that very content", async () => {
  const machine = await testMachine();
  const hook = {
    ".cilo/config.yml": "env:\n  init_hook: ./hook.sh\n",
    "hook.sh": { content: "#!/bin/sh\ntouch ran\n", mode: 0o755 },
  };
  const project = await machine.project("one", { ...oneService("one"), ...hook });
  const call = await machine.cilo(["up", "dev", "--from", project]);
  expect(call).toMatchObject({ exitCode: 5 });
  expect(call.stderr).toContain("hook.sh");
  expect(await machine.cilo(["status", "dev"])).toMatchObject({ exitCode: 3 });
  await expect(stat(join(project, "ran"))).rejects.toThrow("ENOENT");
});

test("a label cannot write into dnsmasq's configuration", async () => {
  const machine = await testMachine();
  const hostile = [
    "a.test\\naddress=/evil.test/6.6.6.6",
    "a.test/6.6.6.6",
    "../../etc/x",
    "a.test#",
    "*.test",
    "a b.test",
  ];
  const project = await machine.project("one", oneService("one"));
  for (const hostname of hostile) {
    const compose = oneService("one")["compose.yml"].replace(
      "    image:",
      `    labels: { cilo.hostnames: "${hostname}" }\n    image:`,
    );
    await writeFile(join(project, "compose.yml"), compose);
    const call = await machine.cilo(["up", "dev", "--from", project]);
    expect(call.exitCode, hostname).not.toBe(0);
    expect(await machine.resolve("evil.test")).toEqual([]);
  }
  expect(await everythingOf((await machine.homeId()) ?? "none")).toEqual([]);
});

test("extra hostnames of a label answer under a registered suffix, and go with the environment", async () => {
  const machine = await testMachine();
  const compose = oneService("one")["compose.yml"].replace(
    "    image:",
    "    labels: { cilo.hostnames: shop-front.test }\n    image:",
  );
  const project = await machine.project("one", { ...oneService("one"), "compose.yml": compose });
  await machine.ok(["up", "dev", "--from", project]);
  expect((await machine.request("http://shop-front.test/")).body).toBe("one\n");
  await machine.ok(["destroy", "dev", "--force"]);
  expect(await machine.resolve("shop-front.test")).toEqual([]);
});

test("every documented command exists", async () => {
  const machine = await testMachine();
  const commands =
    "init up create down destroy list status urls path open spec config logs exec cp run env sync diff merge hostnames dns network doctor completion version setup";
  for (const name of commands.split(" ")) {
    const { stdout } = await machine.ok([name, "--help"]);
    expect(stdout, name).toContain(`cilo ${name}`);
  }
});

test("diff and merge include files that git does not know and edits that are not committed", async () => {
  const machine = await testMachine();
  const project = await machine.project("one", oneService("one"));
  await machine.ok(["up", "dev", "--from", project]);
  const { workspace } = await statusOf(machine, "dev");
  await appendFile(join(workspace, "www/index.html"), "edited\n");
  await mkdir(join(workspace, "new"));
  await writeFile(join(workspace, "new/tool.sh"), "#!/bin/sh\n");
  await chmod(join(workspace, "new/tool.sh"), 0o755);
  await symlink("new/tool.sh", join(workspace, "link"));
  const { stdout } = await machine.ok(["diff", "dev"]);
  expect(stdout).toContain("+edited");
  expect(stdout).toContain("new/tool.sh");
  await machine.ok(["merge", "dev"]);
  expect(await readFile(join(project, "www/index.html"), "utf8")).toBe("one\nedited\n");
  expect((await stat(join(project, "new/tool.sh"))).mode & 0o777).toBe(0o755);
  expect(await readlink(join(project, "link"))).toBe("new/tool.sh");
});
