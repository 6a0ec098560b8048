import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { isCiloError, run } from "@cilo/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { composeParser } from "./compose-parser.ts";
import { printCompose } from "./print.ts";
import { type CorpusCase, corpusCases, difference, optionsOf } from "./testing/corpus.ts";
import { memoryFiles } from "./testing/memory.ts";
import { mutate, randomFrom } from "./testing/mutate.ts";

/**
 * Short and seeded here; a million inputs, other ones each night, with
 * `CILO_TEST_LONG=1 npx vitest run --project unit packages/engine/src/parsers/compose/fuzz.test.ts`.
 * A failure prints its seed; `CILO_FUZZ_SEED=<seed>` runs it again.
 */
const long = process.env["CILO_TEST_LONG"] === "1";
const seed = Number(process.env["CILO_FUZZ_SEED"] ?? (long ? Date.now() % 2 ** 31 : 1));
const cases = corpusCases().filter((one) => one.args.every((arg) => !arg.includes("..")));

/** Parses, and lets nothing come out but a spec or a `CiloError`. Longer than two seconds is a failure too. */
function survives(files: Readonly<Record<string, string>>, one?: CorpusCase): void {
  const started = performance.now();
  try {
    const options =
      one === undefined ? { env: {}, workingDir: "/p" } : { ...optionsOf(one), env: { ...one.env }, workingDir: "/p" };
    JSON.stringify(printCompose(composeParser.parse({ ...options, files: memoryFiles(files) })));
  } catch (error) {
    if (!isCiloError(error)) throw new Error(`seed ${seed}: ${JSON.stringify(files)}`, { cause: error });
  }
  expect(performance.now() - started, `seed ${seed}: ${JSON.stringify(files).slice(0, 2000)}`).toBeLessThan(2000);
}

const scalar = fc.oneof(
  fc.constantFrom(
    "x",
    "${A}",
    "${A:-${B}}",
    "$$",
    "80:80",
    "./a:/b",
    "5s",
    "!reset",
    "!override x",
    "&a",
    "*a",
    "<<",
    "null",
    "1e9",
    "true",
    "|",
    ">",
    "'",
    '"',
  ),
  fc.string({ maxLength: 8 }),
);
const line = fc.tuple(
  fc.integer({ min: 0, max: 6 }),
  fc.constantFrom(
    "",
    "- ",
    "? ",
    "services:",
    "  a:",
    "image: ",
    "ports: ",
    "environment: ",
    "volumes: ",
    "x-a: ",
    "extends: ",
    "include: ",
    "<<: ",
    "{",
    "[",
    "&a ",
    "---",
    "# ",
  ),
  scalar,
);
const document = fc
  .array(line, { maxLength: 25 })
  .map((lines) => lines.map(([indent, start, value]) => " ".repeat(indent) + start + value).join("\n"));

test("whatever is written, the loader answers with a spec or a refusal", () => {
  fc.assert(
    fc.property(document, fc.string({ maxLength: 60 }), (text, env) => survives({ "compose.yaml": text, ".env": env })),
    { numRuns: long ? 500_000 : 1500, seed },
  );
});

test("a real project with mistakes in it gets a spec or a refusal", () => {
  const random = randomFrom(seed);
  const projects = cases.map((one) => ({ one, files: textFiles(one.dir) }));
  if (projects.length === 0) return;
  for (let count = long ? 500_000 : 1500; count > 0; count--) {
    const project = projects[Math.floor(random() * projects.length)];
    if (project !== undefined) survives(withMistake(project.files, random), project.one);
  }
});

function textFiles(dir: string): Record<string, string> {
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/(?:case|expected)\.(?:json|err)$/u.test(path));
  return Object.fromEntries(paths.map((path) => [relative(dir, path), readFileSync(path, "utf8")]));
}

function withMistake(files: Readonly<Record<string, string>>, random: () => number): Record<string, string> {
  const names = Object.keys(files);
  const name = names[Math.floor(random() * names.length)];
  return name === undefined ? {} : { ...files, [name]: mutate(files[name] ?? "", random) };
}

test("where Compose is installed, a sample of them means to it what it means to us", async () => {
  const signal = AbortSignal.timeout(long ? 3_000_000 : 50_000);
  if (cases.length === 0 || !(await hasReference(signal))) return;
  const random = randomFrom(seed + 1);
  for (let count = long ? 2000 : 40; count > 0; count--) {
    const one = cases[Math.floor(random() * cases.length)];
    if (one !== undefined) await compareWithReference(one, { files: withMistake(textFiles(one.dir), random), signal });
  }
});

/** Only the version the corpus was made with counts. */
async function hasReference(signal: AbortSignal): Promise<boolean> {
  try {
    const { stdout } = await run("docker", ["compose", "version", "--short"], { signal, env: process.env });
    return stdout.trim().startsWith("2.26.1");
  } catch (error) {
    if (isCiloError(error)) return false;
    throw error;
  }
}

async function compareWithReference(
  one: CorpusCase,
  { files, signal }: { files: Record<string, string>; signal: AbortSignal },
): Promise<void> {
  const { mkdir, writeFile } = await import("node:fs/promises");
  const root = mkdtempSync(join(tmpdir(), "cilo-fuzz-"));
  try {
    const dir = join(root, one.name);
    for (const [name, content] of Object.entries(files)) {
      await mkdir(join(dir, name, ".."), { recursive: true });
      await writeFile(join(dir, name), content);
    }
    const here = { ...one, dir };
    const ours = loadHere(here);
    const theirs = await reference(here, signal);
    const context = `seed ${seed}: ${one.group}/${one.name} ${JSON.stringify(files).slice(0, 3000)}`;
    expect(ours === undefined ? "refused" : "read", context).toBe(theirs === undefined ? "refused" : "read");
    if (ours !== undefined && theirs !== undefined) expect(difference(theirs, ours, dir), context).toBeUndefined();
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function loadHere(one: CorpusCase): unknown {
  try {
    return printCompose(composeParser.parse(optionsOf(one)));
  } catch (error) {
    if (isCiloError(error)) return undefined;
    throw error;
  }
}

async function reference(one: CorpusCase, signal: AbortSignal): Promise<unknown> {
  try {
    const args = ["compose", ...one.args, "config", "--format", "json", ...one.services];
    const { stdout } = await run("docker", args, { signal, cwd: one.dir, env: optionsOf(one).env });
    return JSON.parse(stdout);
  } catch (error) {
    if (isCiloError(error, "COMMAND_FAILED")) return undefined;
    throw error;
  }
}
