import { existsSync, globSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { mapLimit, run } from "@cilo/base";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod/mini";
import { isolate, planNetworks } from "./isolation/isolate.ts";
import { inputOf } from "./isolation/testing.ts";
import { isolationRule } from "./isolation/rules.ts";
import { composeParser } from "./parsers/compose/index.ts";
import { projectFiles } from "./parsers/project-files.ts";
import { renderComposeFile } from "./runtimes/compose/compose-file.ts";
import { findCompose } from "./runtimes/compose/program.ts";

/**
 * What Cilo hands to Compose means the same as the project did, but for the changes that `isolationRules` documents.
 * Both meanings are told by the real Compose: the original's is recorded in the corpus, ours is asked for here.
 */

const CORPUS = resolve(import.meta.dirname, "../../../../shared/compose-corpus");
const WORKSPACE = "/cilo-round-trip/workspace";
const HOME = "/cilo-round-trip/home";
const SAMPLE = process.env["CILO_TEST_LONG"] === "1" ? 1 : 7;

const Case = z.object({
  args: z._default(z.array(z.string()), []),
  services: z._default(z.array(z.string()), []),
  env: z._default(z.record(z.string(), z.string()), {}),
  outcome: z.string(),
});

let scratch = "";
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "cilo-round-trip-"));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const folders = globSync("*/*/case.json", { cwd: CORPUS })
  .map((file) => join(CORPUS, dirname(file)))
  .filter((folder) => existsSync(join(folder, "expected.json")))
  .sort();

test("what an environment is run from means what the project means, but for the documented changes", async ({
  signal,
}) => {
  if (folders.length === 0) {
    console.log("corpus absent: 567 cases not run");
    expect(process.env["CILO_REQUIRE_CORPUS"]).not.toBe("1");
    return;
  }
  const compose = await findCompose(process.env, { signal });
  const chosen = folders.filter((_, index) => index % SAMPLE === 0);
  const changes = await mapLimit(chosen, { limit: 2, signal }, (folder, signal) =>
    unexplained(folder, { compose, signal }),
  );
  expect(changes.flat()).toEqual([]);
  expect(chosen.length).toBeGreaterThanOrEqual(80);
});

async function unexplained(folder: string, at: { compose: string; signal: AbortSignal }): Promise<string[]> {
  const original = inWords(JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")), []);
  const isolated = inWords(await meaningOf(isolatedFile(folder), at), [
    [WORKSPACE, "<PROJECT>"],
    [folder, "<PROJECT>"],
    [HOME, "<HOME>"],
  ]);
  return differences("", original, isolated).map((difference) => `${relative(CORPUS, folder)}: ${difference}`);
}

function isolatedFile(folder: string): string {
  const spec = composeParser.parse(parseOptions(folder));
  const input = inputOf({ sourceRoot: folder, workspaceRoot: WORKSPACE });
  const subnets = planNetworks(spec, input).map(({ key }, index) => [key, `10.223.${index}.0/28`]);
  const allocation = { blocks: ["10.223.0.0/16"], subnets: Object.fromEntries(subnets) };
  return renderComposeFile(isolate(spec, { ...input, allocation }).document);
}

function parseOptions(folder: string): Parameters<typeof composeParser.parse>[0] {
  const { args, services, env } = Case.parse(JSON.parse(readFileSync(join(folder, "case.json"), "utf8")));
  const many = { type: "string", multiple: true } as const;
  const { values } = parseArgs({
    args,
    options: {
      file: { ...many, short: "f" },
      profile: many,
      "env-file": many,
      "project-directory": { type: "string" },
      "project-name": { type: "string", short: "p" },
    },
  });
  return {
    files: projectFiles(),
    env: { PATH: "/usr/bin:/bin", HOME, PWD: folder, ...env },
    workingDir: folder,
    services,
    ...(values.file === undefined ? {} : { projectFiles: values.file }),
    ...(values.profile === undefined ? {} : { profiles: values.profile }),
    ...(values["env-file"] === undefined ? {} : { envFiles: values["env-file"] }),
    ...(values["project-directory"] === undefined ? {} : { projectDirectory: values["project-directory"] }),
    ...(values["project-name"] === undefined ? {} : { projectName: values["project-name"] }),
  };
}

async function meaningOf(
  text: string,
  { compose, signal }: { compose: string; signal: AbortSignal },
): Promise<unknown> {
  const file = join(await mkdtemp(join(scratch, "case-")), "compose.yaml");
  await writeFile(file, text);
  const { stdout } = await run(compose, ["-f", file, "config", "--format", "json"], {
    signal,
    env: { PATH: process.env["PATH"], HOME: scratch },
  });
  return JSON.parse(stdout);
}

/** With the same words for the same places, and `$` written once. */
function inWords(value: unknown, places: readonly (readonly [string, string])[]): unknown {
  if (typeof value === "string")
    return places.reduce((text, [place, word]) => text.replaceAll(place, word), value.replaceAll("$$", "$"));
  if (Array.isArray(value)) return value.map((item) => inWords(item, places));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key.replaceAll("$$", "$"), inWords(member, places)]),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Attributes whose keys the project chose. */
const MAPS =
  /^(?:services|networks|volumes|configs|secrets|services\.\*\.(?:networks|depends_on|environment|labels|sysctls|build\.(?:args|labels|additional_contexts)|logging\.options))$/u;

/** Attributes that isolation only adds to: what the project says stays. */
const ADDED =
  /^(?:networks|services\.\*\.(?:environment|labels|build\.labels|depends_on|expose|networks|networks\.\*\.aliases)|(?:networks|volumes)\.\*\.labels)$/u;

/** Attributes that mean nothing when they are empty. */
const EMPTY = /^(?:networks|volumes|configs|secrets|services\.\*\.networks\.\*|services\.\*\.networks)$/u;

function differences(path: string, before: unknown, after: unknown): string[] {
  if (EMPTY.test(path) && !(isMissing(before) && isMissing(after)) && (isMissing(before) || isMissing(after)))
    return differences(path, before ?? {}, after ?? {});
  if (JSON.stringify(before ?? null) === JSON.stringify(after ?? null)) return [];
  if (isRecord(before) && isRecord(after)) return keyDifferences(path, before, after);
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length && !ADDED.test(path))
    return before.flatMap((item, index) => differences(path, item, after[index]));
  if (ADDED.test(path)) return lost(path, before, after);
  // Compose leaves out what no service uses, and refuses a service that uses what is not there.
  if (/^(?:networks|volumes|configs|secrets)\.\*$/u.test(path) && after === undefined) return [];
  return isExplained(path) ? [] : [`${path}: ${JSON.stringify(before)} became ${JSON.stringify(after)}`];
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null;
}

function keyDifferences(path: string, before: Record<string, unknown>, after: Record<string, unknown>): string[] {
  const keys = ADDED.test(path) ? Object.keys(before) : [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const below = (key: string): string => [path, MAPS.test(path) ? "*" : key].filter((part) => part !== "").join(".");
  return keys.flatMap((key) => differences(below(key), before[key], after[key]));
}

function lost(path: string, before: unknown, after: unknown): string[] {
  if (before === undefined || before === null) return [];
  const kept = Array.isArray(before) && Array.isArray(after) && before.every((item) => after.includes(item));
  return kept ? [] : [`${path}: ${JSON.stringify(before)} is not in ${JSON.stringify(after)}`];
}

function isExplained(path: string): boolean {
  // The renderer's own: under its name in the project a variable could steer programs on the host.
  if (path === "secrets.*.environment" || path === "configs.*.environment") return true;
  return isolationRule(path)?.kind === "isolated";
}
