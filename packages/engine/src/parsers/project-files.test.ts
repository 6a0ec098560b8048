import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CiloError, run } from "@cilo/base";
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

test("a confined project reads nothing that lies outside, by no path and no link", () => {
  mkdirSync(join(root, "project/inside"), { recursive: true });
  writeFileSync(join(root, "outside"), "SECRET=1\n");
  writeFileSync(join(root, "project/inside/env"), "A=1\n");
  symlinkSync("../outside", join(root, "project/link"));
  symlinkSync("..", join(root, "project/up"));
  symlinkSync("inside", join(root, "project/within"));
  const project = join(root, "project");
  const files = projectFiles(undefined, { within: [project] });
  for (const path of ["link", "up/outside", "../outside", "inside/../../outside"]) {
    expect(files.kind(join(project, path))).toBeUndefined();
    expect(() => files.read(join(project, path))).toThrow("leads out of the project");
  }
  expect(files.kind("/etc/passwd")).toBeUndefined();
  expect(Buffer.from(files.read(join(project, "within/env"))).toString()).toBe("A=1\n");
});

test("a confined Compose file names no file outside as env file, include or extends", () => {
  const project = join(root, "project");
  mkdirSync(project);
  writeFileSync(join(root, "outside.yaml"), "services: {a: {image: x, environment: {SECRET: '1'}}}\n");
  const files = projectFiles(undefined, { within: [project] });
  const refusal = (text: string): string => {
    writeFileSync(join(project, "compose.yaml"), text);
    try {
      return JSON.stringify(composeParser.parse({ files, env: {}, workingDir: project }));
    } catch (error) {
      return error instanceof CiloError ? error.problems.map((one) => one.message).join() : String(error);
    }
  };
  expect(refusal("services: {a: {image: x, env_file: [/etc/passwd]}}\n")).toMatch(/not there/iu);
  expect(refusal("include: [../outside.yaml]\n")).toMatch(/outside\.yaml.*(?:not there)/iu);
  expect(refusal("services: {a: {extends: {file: ../outside.yaml, service: a}}}\n")).toMatch(/not there/iu);
});
