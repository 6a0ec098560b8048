import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import * as z from "zod";
import {
  type EngineFolder,
  type PackageName,
  engineFolders,
  engineWhy,
  exportsWhy,
  packages,
  portWhy,
  ports,
} from "../scripts/lint/import-rules.ts";

const root = resolve(import.meta.dirname, "..");

const PackageFile = z.object({
  name: z.string(),
  license: z.string(),
  exports: z.optional(z.record(z.string(), z.unknown())),
  dependencies: z.optional(z.record(z.string(), z.string())),
  devDependencies: z.optional(z.record(z.string(), z.string())),
  peerDependencies: z.optional(z.record(z.string(), z.string())),
});

describe("packages", () => {
  test("declare only what the table lets them import", async () => {
    for (const name of await packagesWithManifest()) {
      const { dependencies, devDependencies, peerDependencies } = await manifestOf(name);
      const declared = Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies });
      const ours = declared.filter((dependency) => /^(@cilo\/|cilo$)/u.test(dependency));
      expect(
        packages[name].mayImport.map((known) => `@cilo/${known}`),
        packages[name].why,
      ).toEqual(expect.arrayContaining(ours));
    }
  });

  /** They are run, not imported. */
  const PROGRAMS = new Set(["cli", "agent", "server"]);

  test("are entered through one door", async () => {
    for (const name of await packagesWithManifest()) {
      const { exports } = await manifestOf(name);
      expect(Object.keys(exports ?? {}), `exports of ${name}`).toEqual(PROGRAMS.has(name) ? [] : ["."]);
    }
  });

  test("carry the licence they should", async () => {
    for (const name of await packagesWithManifest()) {
      const isSource = name === "server" || name === "dashboard";
      expect((await manifestOf(name)).license).toBe(isSource ? "BUSL-1.1" : "MIT");
    }
    for (const name of ["server", "dashboard"])
      expect(await readFile(join(root, "packages", name, "LICENSE"), "utf8")).toContain("Business Source License 1.1");
  });

  test("depend on exact versions", async () => {
    for (const name of await packagesWithManifest()) {
      const { dependencies } = await manifestOf(name);
      for (const [dependency, version] of Object.entries(dependencies ?? {}))
        expect(version, `${name} depends on ${dependency}`).toMatch(/^\d+\.\d+\.\d+(?:-[a-z]+\.\d+)?$/u);
    }
  });
});

describe("imports", () => {
  test("between packages are those of the table, and declared", async () => {
    for (const name of await packagesWithManifest()) {
      const declared = Object.keys((await manifestOf(name)).dependencies ?? {});
      for (const { file, specifier } of await importsBelow(`packages/${name}/src`)) {
        if (!specifier.startsWith("@cilo/")) continue;
        expect(declared, `${file} imports ${specifier}`).toContain(specifier);
      }
    }
  });

  test("leave no package by a relative path", async () => {
    for (const name of await packagesWithManifest())
      for (const { file, specifier } of await importsBelow(`packages/${name}/src`)) {
        if (!specifier.startsWith(".")) continue;
        const target = relative(root, resolve(root, dirname(file), specifier));
        // Tests of the loader and of examples read fixtures; sources stay at home.
        if (file.endsWith(".test.ts")) continue;
        expect(target, `${file} imports ${specifier}`).toMatch(new RegExp(`^packages/${name}/`, "u"));
      }
  });

  test("inside engine go from environments inwards, never between strangers", async () => {
    for (const folder of engineFolderNames())
      for (const { file, specifier } of await importsBelow(`packages/engine/src/${folder}`)) {
        if (!specifier.startsWith(".")) continue;
        const target = relative(join(root, "packages/engine/src"), resolve(root, dirname(file), specifier));
        const known = [`${folder}/`, "errors.ts", ...engineFolders[folder]];
        expect(
          known.some((place) => target === place || target.startsWith(place.endsWith("/") ? place : `${place}/`)),
          `${file} imports ${specifier}: ${engineWhy}`,
        ).toBe(true);
      }
  });

  test("of a port name no implementation", async () => {
    for (const port of ports)
      for (const { specifier } of await importsOf(port)) expect(specifier, `${port}: ${portWhy}`).not.toMatch(/^\.\//u);
  });
});

/** What the linter must find; each is planted in an otherwise empty tree with this repository's own configuration. */
const planted: readonly { file: string; code: string; says: string }[] = [
  { file: "packages/base/src/a.ts", code: 'import "@cilo/engine";', says: packages.base.why },
  { file: "packages/engine/src/a.ts", code: 'import "@cilo/network";', says: packages.engine.why },
  { file: "packages/network/src/a.ts", code: 'export * from "@cilo/engine";', says: packages.network.why },
  { file: "packages/cli/src/a.ts", code: 'import "@cilo/server";', says: packages.cli.why },
  { file: "packages/server/src/a.ts", code: 'import "@cilo/engine";', says: packages.server.why },
  { file: "packages/dashboard/src/a.ts", code: 'import "@cilo/base";', says: packages.dashboard.why },
  { file: "packages/engine/src/b.ts", code: 'import "@cilo/base/src/run.ts";', says: exportsWhy },
  { file: "packages/cli/src/b.ts", code: 'import "../../engine/src/index.ts";', says: exportsWhy },
  { file: "test/a.ts", code: 'import "../packages/engine/src/spec/spec.ts";', says: exportsWhy },
  { file: "packages/engine/src/spec/a.ts", code: 'import "../parsers/parser.ts";', says: engineWhy },
  {
    file: "packages/engine/src/parsers/a.ts",
    code: 'import type { A } from "../isolation/isolate.ts";',
    says: engineWhy,
  },
  { file: "packages/engine/src/parsers/compose/a.ts", code: 'import "../../runtimes/runtime.ts";', says: engineWhy },
  { file: "packages/engine/src/isolation/a.ts", code: 'import "../environments/ports.ts";', says: engineWhy },
  { file: "packages/engine/src/isolation/b.ts", code: 'import "../index.ts";', says: engineWhy },
  { file: "packages/engine/src/runtimes/a.ts", code: 'import "../isolation/isolate.ts";', says: engineWhy },
  {
    file: "packages/engine/src/workspace/a.ts",
    code: 'import "../spec/spec.ts"; import "../runtimes/fake.ts";',
    says: engineWhy,
  },
  { file: "packages/engine/src/runtimes/runtime.ts", code: 'import "./docker/docker-runtime.ts";', says: portWhy },
  {
    file: "packages/cli/src/c.ts",
    code: "export const f = (g: () => Promise<void>): void => { g(); };",
    says: "Promises must be awaited",
  },
  { file: "packages/cli/src/d.ts", code: "export const f = (x: any): unknown => x;", says: "any" },
];

/** Must pass, or the rules forbid too much. */
const allowed: readonly { file: string; code: string }[] = [
  { file: "packages/engine/src/ok.ts", code: 'import "@cilo/base";' },
  {
    file: "packages/engine/src/runtimes/ok.ts",
    code: 'import "../isolation/isolated-spec.ts"; import "../spec/spec.ts";',
  },
  { file: "packages/engine/src/parsers/compose/ok.ts", code: 'import "../../spec/spec.ts"; import "../parser.ts";' },
  {
    file: "packages/engine/src/environments/ok.ts",
    code: 'import "../runtimes/runtime.ts"; import "../isolation/isolate.ts";',
  },
  { file: "packages/cli/src/ok.ts", code: 'import "@cilo/base"; import "@cilo/engine"; import "@cilo/network";' },
];

test(
  "the linter still bites: everything planted is found, for the reason it should be",
  { timeout: 60_000 },
  async () => {
    const folder = await plant([...planted, ...allowed]);
    const found = await lint(folder);
    for (const { file, code, says } of planted) {
      const messages = found.filter((finding) => finding.file === file).map(({ message }) => message);
      expect(messages.join("\n"), `${file}: ${code}`).toContain(says);
    }
    for (const { file } of allowed) expect(found.filter((finding) => finding.file === file)).toEqual([]);
  },
);

async function plant(files: readonly { file: string; code: string }[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cilo-lint-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const name of ["oxlint.config.ts", "tsconfig.json", "scripts/lint"])
    await cp(join(root, name), join(folder, name), { recursive: true });
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  for (const { file, code } of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), `${code}\n`);
  }
  return folder;
}

const Report = z.object({
  diagnostics: z.array(z.object({ message: z.string(), help: z.optional(z.string()), filename: z.string() })),
});

async function lint(folder: string): Promise<{ file: string; message: string }[]> {
  const argv = ["--type-aware", "--format=json", "packages", "test"];
  const failed: unknown = await promisify(execFile)(join(root, "node_modules/.bin/oxlint"), argv, {
    cwd: folder,
    env: { ...process.env, PATH: `${join(root, "node_modules/.bin")}:${process.env["PATH"]}` },
    maxBuffer: 16 * 1024 * 1024,
  }).catch((error: unknown) => error);
  const { stdout } = z.object({ stdout: z.string() }).parse(failed);
  return Report.parse(JSON.parse(stdout)).diagnostics.map(({ filename, message, help }) => {
    return { file: filename, message: `${message} ${help ?? ""}` };
  });
}

function isPackageName(name: string): name is PackageName {
  return name in packages;
}

function engineFolderNames(): EngineFolder[] {
  return Object.keys(engineFolders).filter((name): name is EngineFolder => name in engineFolders);
}

/** Every package of the tree that has sources; each must stand in the table. */
async function packagesWithManifest(): Promise<PackageName[]> {
  const folders = await readdir(join(root, "packages"));
  const strangers = folders.filter((name) => !isPackageName(name));
  expect(strangers, "packages that scripts/lint/import-rules.ts does not know").toEqual([]);
  const present = await Promise.all(
    folders.map(async (name) => ((await readdir(join(root, "packages", name))).includes("package.json") ? [name] : [])),
  );
  return present.flat().filter(isPackageName);
}

async function manifestOf(name: PackageName): Promise<z.infer<typeof PackageFile>> {
  return PackageFile.parse(JSON.parse(await readFile(join(root, "packages", name, "package.json"), "utf8")));
}

async function importsBelow(folder: string): Promise<{ file: string; specifier: string }[]> {
  const files = (await readdir(join(root, folder), { recursive: true })).filter((file) => file.endsWith(".ts"));
  const found = await Promise.all(
    files.map(async (file) =>
      (await importsOf(join(folder, file))).map(({ specifier }) => ({ file: join(folder, file), specifier })),
    ),
  );
  return found.flat();
}

/** Static and dynamic imports and re-exports by their specifier. */
async function importsOf(file: string): Promise<{ specifier: string }[]> {
  const text = await readFile(join(root, file), "utf8");
  const pattern =
    /(?:^|\n)\s*(?:import|export)\b[^"';]*?\bfrom\s*"([^"\n]+)"|(?:^|\n)\s*import\s*"([^"\n]+)"|\bimport\(\s*"([^"\n]+)"/gu;
  return Array.from(text.matchAll(pattern), ([, from, bare, dynamic]) => ({
    specifier: from ?? bare ?? dynamic ?? "",
  }));
}
