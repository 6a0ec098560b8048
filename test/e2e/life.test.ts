import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { engine, everythingOf, labelled } from "./support/engine.ts";
import { testMachine } from "./support/machine.ts";
import { oneService, smallProject } from "./support/projects.ts";
import { containersOf, statusOf } from "./support/status.ts";

test("up answers only when every service answers by name, fixed host ports or not", async () => {
  const machine = await testMachine();
  const project = await machine.project("small", smallProject);
  await Promise.all(["one", "two"].map((name) => machine.ok(["up", name, "--from", project])));
  for (const name of ["one", "two"]) {
    expect(await machine.request(`http://web.${name}.test/`)).toEqual({ status: 200, body: "small\n" });
    expect(await machine.request(`http://small.${name}.test/`)).toMatchObject({ status: 200 });
    expect(await machine.request(`http://anything.small.${name}.test/`)).toMatchObject({ status: 200 });
    expect(await machine.request(`http://db.${name}.test:5432/ready`)).toMatchObject({ status: 200 });
  }
  expect(await machine.resolve("web.one.test")).not.toEqual(await machine.resolve("web.two.test"));
});

test("up twice changes nothing: the same containers, and it says so", async () => {
  const machine = await testMachine();
  const project = await machine.project("small", smallProject);
  await machine.ok(["up", "dev", "--from", project]);
  const before = await containersOf(machine, "dev");
  const again = await machine.json(["up", "dev"]);
  expect(again).toMatchObject({ created: false, changed: false, state: "running" });
  expect(await containersOf(machine, "dev")).toEqual(before);
});

test("after an edit of one service up replaces that service alone", async () => {
  const machine = await testMachine();
  const project = await machine.project("small", smallProject);
  await machine.ok(["up", "dev", "--from", project]);
  const before = await containersOf(machine, "dev");
  const compose = await readFile(join(project, "compose.yml"), "utf8");
  await writeFile(
    join(project, "compose.yml"),
    compose.replace("container_name: small-web", 'environment: { EDITED: "1" }'),
  );
  expect(await machine.json(["up", "dev"])).toMatchObject({ created: false, changed: true });
  const after = await containersOf(machine, "dev");
  expect(after["db"]).toEqual(before["db"]);
  expect(after["web"]).not.toEqual(before["web"]);
  expect((await machine.ok(["exec", "dev", "web", "--", "sh", "-c", "echo $EDITED"])).stdout).toBe("1\n");
});

test("an edited file of the source is served by the environment after up, without a new container", async () => {
  const machine = await testMachine();
  const project = await machine.project("small", smallProject);
  await machine.ok(["up", "dev", "--from", project]);
  const before = await containersOf(machine, "dev");
  await writeFile(join(project, "www/index.html"), "edited\n");
  await machine.ok(["up", "dev"]);
  expect((await machine.request("http://web.dev.test/")).body).toBe("edited\n");
  expect(await containersOf(machine, "dev")).toEqual(before);
});

test("an edit on both sides is reported and left", async () => {
  const machine = await testMachine();
  const project = await machine.project("small", smallProject);
  await machine.ok(["up", "dev", "--from", project]);
  const { workspace } = await statusOf(machine, "dev");
  await writeFile(join(workspace, "www/index.html"), "mine\n");
  await writeFile(join(project, "www/index.html"), "theirs\n");
  const { stdout, stderr } = await machine.ok(["up", "dev"]);
  expect(stdout + stderr).toContain("www/index.html");
  expect((await machine.request("http://web.dev.test/")).body).toBe("mine\n");
  expect(await readFile(join(project, "www/index.html"), "utf8")).toBe("theirs\n");
});

test("a first up that fails rolls back and leaves nothing", async () => {
  const machine = await testMachine();
  const files = { ...smallProject, "compose.yml": smallProject["compose.yml"].replace('"httpd"', '"false"') };
  const project = await machine.project("small", files);
  const call = await machine.cilo(["up", "dev", "--from", project]);
  expect(call).toMatchObject({ exitCode: 1 });
  expect(call.stderr).toContain("web");
  expect(await everythingOf((await machine.homeId()) ?? "")).toEqual([]);
  expect(await readdir(join(machine.home, "envs")).catch(() => [])).toEqual([]);
  expect(await readdir(join(machine.home, "blocks")).catch(() => [])).toEqual([]);
  expect(await machine.resolve("db.dev.test")).toEqual([]);
  expect(await machine.json(["list"])).toEqual({ environments: [] });
});

test("an update that never gets healthy is put back, and the environment still answers", async () => {
  const machine = await testMachine();
  const project = await machine.project("small", smallProject);
  await machine.ok(["up", "dev", "--from", project]);
  const compose = await readFile(join(project, "compose.yml"), "utf8");
  await writeFile(
    join(project, "compose.yml"),
    compose.replace('["httpd", "-f", "-p", "80", "-h", "/www"]', '["false"]'),
  );
  expect(await machine.cilo(["up", "dev", "--timeout", "20"])).toMatchObject({ exitCode: 1 });
  expect(await machine.request("http://web.dev.test/")).toMatchObject({ status: 200, body: "small\n" });
});

test("an update that does not parse touches nothing", async () => {
  const machine = await testMachine();
  const project = await machine.project("small", smallProject);
  await machine.ok(["up", "dev", "--from", project]);
  const before = await containersOf(machine, "dev");
  await writeFile(join(project, "compose.yml"), "services: [nonsense]\n");
  const call = await machine.cilo(["up", "dev"]);
  expect(call.exitCode).toBe(1);
  expect(call.stderr).toMatch(/compose\.yml:1/u);
  expect(await containersOf(machine, "dev")).toEqual(before);
});

test("destroy leaves no container, network, volume, image, file or name", async () => {
  const machine = await testMachine();
  const files = {
    ...oneService("built"),
    "compose.yml": `services:
  web:
    build: .
    command: ["httpd", "-f", "-p", "80", "-h", "/data"]
    volumes: ["data:/data", "/anonymous"]
    expose: ["80"]
    stop_grace_period: 0s
volumes: { data: {} }
`,
    Dockerfile: "FROM busybox:latest\nRUN echo built > /built\n",
  };
  const project = await machine.project("built", files);
  await machine.ok(["up", "dev", "--from", project]);
  const id = (await machine.homeId()) ?? "";
  expect((await everythingOf(id)).map((name) => name.split(" ")[0])).toEqual(
    expect.arrayContaining(["container", "image", "network", "volume"]),
  );
  await machine.ok(["destroy", "dev", "--force"]);
  expect(await everythingOf(id)).toEqual([]);
  expect(await readdir(join(machine.home, "envs"))).toEqual([]);
  expect(await readdir(join(machine.home, "blocks"))).toEqual([]);
  expect(await machine.resolve("web.dev.test")).toEqual([]);
  expect(await machine.cilo(["status", "dev"])).toMatchObject({ exitCode: 3 });
});

test("destroy does not throw away edits that are nowhere else, unless it is told to", async () => {
  const machine = await testMachine();
  const project = await machine.project("one", oneService("one"));
  await machine.ok(["up", "dev", "--from", project]);
  const { workspace } = await statusOf(machine, "dev");
  await writeFile(join(workspace, "only-here.txt"), "work of a day");
  expect(await machine.cilo(["destroy", "dev"])).toMatchObject({ exitCode: 5 });
  expect(await readFile(join(workspace, "only-here.txt"), "utf8")).toBe("work of a day");
  await machine.ok(["destroy", "dev", "--keep-workspace"]);
  const kept = await readdir(machine.folder, { recursive: true });
  expect(kept.some((path) => path.endsWith("only-here.txt"))).toBe(true);
});

test("down keeps data and addresses, and stops the names", async () => {
  const machine = await testMachine();
  const project = await machine.project("small", smallProject);
  await machine.ok(["up", "dev", "--from", project]);
  await machine.ok(["exec", "dev", "db", "--", "sh", "-c", "echo kept > /data/kept"]);
  const { blocks } = await statusOf(machine, "dev");
  await machine.ok(["down", "dev"]);
  expect(await machine.resolve("web.dev.test")).toEqual([]);
  expect(await labelled("container", `cilo.home=${await machine.homeId()}`)).toEqual([]);
  await machine.ok(["up", "dev"]);
  expect((await machine.request("http://db.dev.test:5432/kept")).body).toBe("kept\n");
  expect((await statusOf(machine, "dev")).blocks).toEqual(blocks);
});

test("two projects cannot have an environment of one name, and the error names the other project", async () => {
  const machine = await testMachine();
  const first = await machine.project("first", oneService("first"));
  const second = await machine.project("second", oneService("second"));
  await machine.ok(["up", "dev", "--from", first]);
  const call = await machine.cilo(["up", "dev", "--from", second]);
  expect(call.exitCode).not.toBe(0);
  expect(call.stderr).toMatch(/first/u);
  expect((await machine.request("http://web.dev.test/")).body).toBe("first\n");
});

test("dry-run says what would run and makes nothing", async () => {
  const machine = await testMachine();
  const project = await machine.project("one", oneService("one"));
  const { stdout } = await machine.ok(["up", "dev", "--from", project, "--dry-run"]);
  expect(stdout).toContain("web");
  expect(await everythingOf((await machine.homeId()) ?? "none")).toEqual([]);
  expect(await machine.cilo(["status", "dev"])).toMatchObject({ exitCode: 3 });
});

test("a scaled service has a name for itself and one for each container", async () => {
  const machine = await testMachine();
  const project = await machine.project("one", oneService("one"));
  await machine.ok(["up", "dev", "--from", project, "--scale", "web=3"]);
  const all = await machine.resolve("web.dev.test");
  expect(new Set(all).size).toBe(3);
  const each = await Promise.all([1, 2, 3].map((n) => machine.resolve(`web-${n}.dev.test`)));
  expect(each.flat().toSorted()).toEqual(all);
});

test("the source tree is not written to", async () => {
  const machine = await testMachine();
  const project = await machine.project("small", smallProject);
  const before = await snapshot(project);
  await machine.ok(["up", "dev", "--from", project]);
  await machine.ok(["exec", "dev", "web", "--", "sh", "-c", "echo x > /www/new; rm /www/index.html"]);
  await machine.ok(["down", "dev"]);
  await machine.ok(["destroy", "dev", "--force"]);
  expect(await snapshot(project)).toEqual(before);
});

async function snapshot(folder: string): Promise<string[]> {
  return (
    await engine(
      "run",
      "--rm",
      "-v",
      `${folder}:/s:ro`,
      "busybox",
      "sh",
      "-c",
      "cd /s; find . | sort | while read f; do stat -c '%n %a %Y %s' \"$f\"; done",
    )
  ).split("\n");
}

test("a container that was removed by hand is made again by up", async () => {
  const machine = await testMachine();
  const project = await machine.project("one", oneService("one"));
  await machine.ok(["up", "dev", "--from", project]);
  const { services } = await statusOf(machine, "dev");
  await engine("rm", "--force", services[0]?.containers[0]?.id ?? "");
  await machine.ok(["up", "dev"]);
  expect(await machine.request("http://web.dev.test/")).toMatchObject({ status: 200 });
});

test("a source that is gone does not stop down and destroy", async () => {
  const machine = await testMachine();
  const project = await machine.project("one", oneService("one"));
  await machine.ok(["up", "dev", "--from", project]);
  await rm(project, { recursive: true });
  await machine.ok(["down", "dev"]);
  await machine.ok(["destroy", "dev", "--force"]);
  expect(await everythingOf((await machine.homeId()) ?? "")).toEqual([]);
});
