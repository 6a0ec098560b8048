import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { ensureImages } from "../../scripts/setup/images.ts";
import { describeMachine } from "../../scripts/setup/machine.ts";
import type { Files } from "./support/files.ts";
import { testMachine } from "./support/machine.ts";
import { statusOf } from "./support/status.ts";

const images = ["node:24-alpine", "postgres:16-alpine", "redis:7-alpine"];

beforeAll(async () => {
  await ensureImages(await describeMachine(AbortSignal.timeout(280_000)), images);
}, 300_000);

const connect = (variable: string): string =>
  `await new Promise((done, fail) => { const { hostname, port } = new URL(process.env.${variable});
    connect(Number(port), hostname, function () { this.destroy(); done(); }).once("error", fail); });`;

const project: Files = {
  Procfile: "release: node release.mjs\nweb: node web.mjs\nworker: node worker.mjs\n",
  "app.json": '{"addons":["heroku-postgresql:mini","heroku-redis"],"env":{"KEY":{"generator":"secret"}}}',
  "package.json": '{"name":"app","version":"1.0.0","scripts":{"build":"date +%s%N > built"}}',
  "package-lock.json": '{"name":"app","version":"1.0.0","lockfileVersion":3,"packages":{"":{"name":"app"}}}',
  ".env": "CILO_IMAGE_NODE=node:24-alpine\nGREETING=hello you\n",
  // Both add-ons are there before it runs; what it leaves in Redis the others find.
  "release.mjs": `import { connect } from "node:net";
    ${connect("DATABASE_URL")}
    const { hostname, port } = new URL(process.env.REDIS_URL);
    const redis = connect(Number(port), hostname, () => redis.write("SET released yes\\r\\n"));
    redis.once("data", () => redis.end());`,
  "web.mjs": `import { createServer } from "node:http"; import { connect } from "node:net";
    createServer((request, response) => {
      const { hostname, port } = new URL(process.env.REDIS_URL);
      const redis = connect(Number(port), hostname, () => redis.write("GET released\\r\\n"));
      redis.once("data", (data) => { redis.end();
        response.end([process.getuid(), process.env.GREETING, process.env.KEY.length, String(data).split("\\r\\n")[1], "first"].join(" ")); });
    }).listen(process.env.PORT);`,
  "worker.mjs": 'console.log("working at", process.env.PORT); setInterval(() => {}, 1000);',
};

test("a Node project with a worker, a release step and add-ons; an edit and --build fetch nothing again", async () => {
  const machine = await testMachine();
  const source = await machine.project("app", project);
  await Promise.all(["one", "two"].map((name) => machine.ok(["up", name, "--from", source])));
  for (const name of ["one", "two"])
    expect((await machine.request(`http://web.${name}.test:5100/`)).body).toBe("1000 hello you 64 yes first");
  expect((await machine.ok(["logs", "one", "worker"])).stdout).toContain("working at 5200");

  // npm keeps a log of each run: the first is that of the packages.
  const built = async (): Promise<string[]> => {
    const script = "ls /home/app/.npm/_logs | head -n 1; cat built";
    return (await machine.ok(["exec", "one", "web", "--", "sh", "-c", script])).stdout.trim().split("\n");
  };
  const [fetched, made] = await built();
  expect(fetched).toMatch(/^\d{4}-.*\.log$/u);
  const { workspace } = await statusOf(machine, "one");
  const web = join(workspace, "web.mjs");
  await writeFile(web, (await readFile(web, "utf8")).replace('"first"', '"second"'));
  await machine.ok(["up", "one", "--build"]);
  expect((await machine.request("http://web.one.test:5100/")).body).toContain("second");
  expect((await machine.request("http://web.two.test:5100/")).body).toContain("first");
  const [fetchedNow, madeNow] = await built();
  expect(fetchedNow).toBe(fetched);
  expect(madeNow).not.toBe(made);
}, 240_000);
