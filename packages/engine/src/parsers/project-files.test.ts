import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "@cilo/base";
import { afterEach, beforeEach, expect, test } from "vitest";
import { composeParser } from "./compose/index.ts";
import { projectFiles } from "./project-files.ts";

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "cilo-files-")));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test("a project is read from its copy and told at the source's paths", () => {
  mkdirSync(join(root, "copy/app"), { recursive: true });
  mkdirSync(join(root, "shared"));
  writeFileSync(
    join(root, "copy/app/compose.yaml"),
    "services: {a: {image: x, build: ., env_file: [e, ../../shared/s], volumes: ['./d:/d']}}\n",
  );
  writeFileSync(join(root, "copy/app/e"), "FROM=copy\n");
  writeFileSync(join(root, "shared/s"), "BESIDE=source\n");
  const source = join(root, "source");
  const spec = composeParser.parse({
    files: projectFiles({ source, copy: join(root, "copy") }),
    env: {},
    workingDir: join(source, "app"),
  });
  expect(spec).toMatchObject({ projectDir: join(source, "app"), files: [join(source, "app/compose.yaml")] });
  expect(spec.services["a"]).toMatchObject({
    build: { context: join(source, "app") },
    volumes: [{ source: join(source, "app/d") }],
    environment: { FROM: "copy", BESIDE: "source" },
  });
});

test("links are followed in the copy and answered at the source's path", () => {
  mkdirSync(join(root, "copy/real"), { recursive: true });
  symlinkSync("real", join(root, "copy/link"));
  expect(projectFiles({ source: "/source", copy: join(root, "copy") }).realPath("/source/link/not/there")).toBe(
    "/source/real/not/there",
  );
});

test("a folder beside the mapped one with the same beginning of name is not mapped", () => {
  mkdirSync(join(root, "copy"));
  expect(projectFiles({ source: join(root, "app"), copy: join(root, "copy") }).kind(join(root, "app"))).toBe("folder");
  expect(
    projectFiles({ source: join(root, "app"), copy: join(root, "copy") }).kind(join(root, "app2")),
  ).toBeUndefined();
});

test("a device without end and a pipe nobody writes to are refused", async () => {
  expect(() => projectFiles().read("/dev/zero")).toThrow("larger than 64 MB");
  const pipe = join(root, "pipe");
  await run("mkfifo", [pipe], { signal: AbortSignal.timeout(10_000), env: process.env });
  expect(() => projectFiles().read(pipe)).toThrow("is a pipe");
  expect(projectFiles().read("/dev/null")).toHaveLength(0);
});
