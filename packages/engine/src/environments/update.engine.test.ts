import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { composeParser } from "../parsers/compose/index.ts";
import { createTestedRuntime } from "../runtimes/tested-runtime.ts";
import { findOrphans } from "./orphans.ts";
import { type Bench, createBench } from "./testing.ts";
import { failure, idOf } from "./testing-shop.ts";

const createEngineBench = (compose: string): Promise<Bench> =>
  createBench(compose, { engine: createTestedRuntime(), parser: composeParser });

const TWO = `
services:
  web:
    image: busybox:latest
    stop_signal: SIGKILL
    command: [sh, -c, "echo web is here; sleep 600"]
    healthcheck: { test: [CMD, "true"], interval: 300ms }
  other:
    image: busybox:latest
    stop_signal: SIGKILL
    command: [sleep, "600"]
`;

test("a service that stays unhealthy after an edit is put back, with its last words in the error", async () => {
  await using bench = await createEngineBench(TWO);
  const first = await bench.up("dev");
  await bench.write(
    "compose.yaml",
    TWO.replace("web is here", "no such table").replace('"true"', '"false"').replace("300ms", "200ms, retries: 1"),
  );
  const error = await failure(bench.up("dev"));
  expect(error.code).toBe("SERVICE_UNHEALTHY");
  expect(error.message).toBe("web is unhealthy: no such table; what ran before was put back");
  const status = await bench.environments.status("dev", bench.context());
  expect(status.state).toBe("running");
  expect(idOf(status, "other")).toBe(idOf(first.status, "other"));
});

test("a creation whose service ends says how and why, and leaves nothing at the engine", async () => {
  await using bench = await createEngineBench(TWO.replace('sleep 600"]', 'echo cannot bind; exit 3"]'));
  const error = await failure(bench.up("dev"));
  expect(error).toMatchObject({ code: "SERVICE_EXITED", message: "web ended with status 3: web is here; cannot bind" });
  expect(await findOrphans(bench.deps, { signal: bench.context().signal })).toEqual([]);
  const { owned } = await bench.deps.runtimes("").inspect({ signal: bench.context().signal });
  expect(owned.filter((object) => object.home === bench.home.id)).toEqual([]);
});

test("a service that others wait for and that fails is named, with its last words", async () => {
  await using bench = await createEngineBench(`
services:
  migrate: { image: busybox:latest, command: [sh, -c, "echo no such database; exit 4"] }
  web:
    image: busybox:latest
    command: [sleep, "600"]
    depends_on: { migrate: { condition: service_completed_successfully } }
`);
  const error = await failure(bench.up("dev"));
  expect(error).toMatchObject({ code: "SERVICE_EXITED", message: "migrate ended with status 4: no such database" });
});

test("an edit in a build context builds that image again, in the source as in the workspace", async () => {
  await using bench = await createEngineBench(`
services:
  app: { build: ./app, stop_signal: SIGKILL }
`);
  await bench.write(
    "app/Dockerfile",
    'FROM busybox:latest\nCOPY words /words\nCMD ["sh", "-c", "cat /words; sleep 600"]\n',
  );
  await bench.write("app/words", "one\n");
  const said = async (): Promise<readonly string[]> => {
    const { composeProject } = await bench.environments.status("dev", bench.context());
    const { signal } = bench.context();
    return await bench.deps.runtimes("").tail({ composeProject, service: "app", lines: 5 }, { signal });
  };
  const { status } = await bench.up("dev");
  await expect.poll(said).toEqual(["one"]);
  await bench.write("app/words", "two\n");
  expect((await bench.up("dev")).changed).toBe(true);
  await expect.poll(said).toEqual(["two"]);
  await writeFile(join(status.workspace, "app/words"), "three\n");
  expect((await bench.up("dev")).changed).toBe(true);
  await expect.poll(said).toEqual(["three"]);
  expect((await bench.up("dev")).changed).toBe(false);
  expect(await readFile(join(bench.source, "app/words"), "utf8")).toBe("two\n");
  await bench.environments.destroy("dev", { keepWorkspace: false, force: true }, bench.context());
  const { owned } = await bench.deps.runtimes("").inspect({ signal: bench.context().signal });
  expect(owned.filter((object) => object.home === bench.home.id)).toEqual([]);
});

test("an image that was built again and does not work is put back too", async () => {
  await using bench = await createEngineBench(`
services:
  app: { build: ./app, stop_signal: SIGKILL, healthcheck: { test: [CMD, sh, -c, 'case $$(cat /words) in good*) ;; *) exit 1;; esac'], interval: 200ms, retries: 1 } }
`);
  await bench.write(
    "app/Dockerfile",
    'FROM busybox:latest\nCOPY words /words\nCMD ["sh", "-c", "cat /words; sleep 600"]\n',
  );
  await bench.write("app/words", "good\n");
  await bench.up("dev");
  await bench.write("app/words", "bad\n");
  const error = await failure(bench.up("dev"));
  expect(error.message).toBe("app is unhealthy: bad; what ran before was put back");
  expect((await bench.environments.status("dev", bench.context())).state).toBe("running");
  await bench.write("app/words", "good again\n");
  expect((await bench.up("dev")).changed).toBe(true);
});

test("a shared service is one container that two environments reach by its name", async () => {
  await using bench = await createEngineBench(`
services:
  web:
    image: busybox:latest
    stop_signal: SIGKILL
    command: [sh, -c, "sleep 600"]
    depends_on: { db: { condition: service_healthy } }
  db:
    image: busybox:latest
    stop_signal: SIGKILL
    labels: { cilo.share: "true" }
    command: [sh, -c, "echo hello > /index.html; exec httpd -f -p 5432 -h /"]
    healthcheck: { test: [CMD, "true"], interval: 300ms }
    expose: ["5432"]
`);
  const [one, two] = await Promise.all([bench.up("one"), bench.up("two")]);
  expect(idOf(one.status, "db")).toBe(idOf(two.status, "db"));
  const docker = bench.deps.runtimes("");
  for (const { status } of [one, two]) {
    const target = {
      composeProject: status.composeProject,
      composeFile: join(status.workspace, "../compose.yaml"),
      env: {},
    };
    const command = ["sh", "-c", 'test "$(wget -qO- http://db:5432/)" = hello'];
    const action = { kind: "exec", service: "web", command, tty: false } as const;
    expect(await docker.attach(target, action, { signal: bench.context().signal })).toBe(0);
  }
  for (const name of ["one", "two"])
    await bench.environments.destroy(name, { keepWorkspace: false, force: false }, bench.context());
  expect(bench.reaps).toHaveLength(1);
});
