import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { environmentPaths } from "@cilo/engine";
import { describe, expect, onTestFinished, test } from "vitest";
import { application } from "../application.ts";
import { commandEntries } from "../docs/command-entries.ts";
import { type Cilo, createCilo } from "../testing/cilo.ts";
import { cloudShapes } from "./cloud-shapes.ts";
import { failure, shapes } from "./shapes.ts";

/** One command line for each shape; `dev` is up, and the folder is a project. */
const lines: Readonly<Record<keyof typeof shapes, readonly (readonly string[])[]>> = {
  up: [
    ["up", "dev"],
    ["up", "other", "--dry-run"],
  ],
  create: [["create", "other"]],
  down: [["down", "dev"]],
  destroy: [
    ["destroy", "dev"],
    ["destroy", "--all", "--keep-workspace"],
  ],
  list: [["list"], ["list", "--all"]],
  status: [["status", "dev"]],
  urls: [["urls", "dev"]],
  path: [["path", "dev"]],
  open: [
    ["open", "dev"],
    ["open", "dev", "web"],
  ],
  run: [["run", "echo", "dev", "x"]],
  exec: [["exec", "dev", "web", "ls"]],
  shell: [["shell", "dev", "web"]],
  logs: [["logs", "dev"]],
  cp: [["cp", "dev", "web:/a", "b"]],
  env: [["env", "dev"]],
  sync: [
    ["sync", "dev"],
    ["sync", "dev", "--dry-run"],
  ],
  diff: [["diff", "dev", "--name-only"]],
  merge: [["merge", "dev"]],
  spec: [["spec"], ["spec", "--as", "compose"]],
  config: [
    ["config", "dev"],
    ["config", "dev", "--isolated"],
  ],
  "hostnames list": [["hostnames", "list", "dev"]],
  "hostnames add": [["hostnames", "add", "dev", "web", "shop.test"]],
  "hostnames remove": [["hostnames", "remove", "dev", "web", "shop.test"]],
  "dns status": [["dns", "status"]],
  "network status": [["network", "status"]],
  init: [["init"], ["init", "--undo"]],
  doctor: [["doctor"], ["doctor", "--fix"]],
  setup: [["setup", "--yes"]],
  completion: [
    ["completion", "bash"],
    ["completion", "zsh"],
    ["completion", "fish"],
  ],
  version: [["version"]],
};

/** What another `cilo` would write for `logs` and `exec`. */
const other = "process.stdout.write('web-1  | 2026-11-24T00:09:19.1Z hello\\n'); process.stderr.write('oh')";

async function project(): Promise<Cilo> {
  const world = await createCilo();
  onTestFinished(async () => await world[Symbol.asyncDispose]());
  const paths = environmentPaths(world.wiring.home, { project: "shop", environment: "dev" });
  await put(join(world.folder, "compose.yaml"), "services:\n  web:\n    image: nginx\n");
  await put(paths.compose, "name: x\nservices:\n  web:\n    image: nginx\n");
  await put(paths.isolated, JSON.stringify(isolated));
  await mkdir(paths.workspace, { recursive: true });
  await world.run(["up", "dev"]);
  return world;
}

const isolated = {
  version: 1,
  composeProject: "x",
  services: [{ name: "web", label: "web", ports: [], hostnames: [], scale: 1, oneShot: false, buildContexts: [] }],
  shared: [],
  networks: [],
  sharedWithHost: [],
  notices: [],
};

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

describe("--json", () => {
  const all = Object.entries(lines).flatMap(([command, argvs]) => argvs.map((argv) => ({ command, argv })));

  test.each(all)("$argv prints the documented shape and no more", async ({ command, argv }) => {
    const world = await project();
    const { stdout, stderr } = await world.run(withJson(command, argv), {
      self: [process.execPath, "-e", other, "--"],
    });
    expect(stdout, stderr).not.toBe("");
    const shape = Object.entries(shapes).find(([key]) => key === command)?.[1];
    shape?.parse(JSON.parse(stdout));
  });

  test("a failure of any command prints the same shape", async () => {
    const world = await project();
    for (const argv of [["status", "nope"], ["upp"], ["spec", "-f", "nope.yaml"], ["up", "a b"]]) {
      const { stdout } = await world.run([...argv, "--json"]);
      failure.parse(JSON.parse(stdout));
    }
  });

  test("every command has a documented shape, and every shape a command", () => {
    expect(Object.keys({ ...shapes, ...cloudShapes }).sort()).toEqual(
      commandEntries(application())
        .map(({ name }) => name)
        .sort(),
    );
  });
});

/** `--json` right after the words that name the command. */
function withJson(command: string, argv: readonly string[]): string[] {
  const words = command.split(" ").length;
  return [...argv.slice(0, words), "--json", ...argv.slice(words)];
}
