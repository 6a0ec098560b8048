import { expect, test } from "vitest";
import { composeParser } from "./compose/index.ts";
import { memoryFiles } from "./compose/testing/memory.ts";
import { chooseParser, detectProject } from "./detect.ts";
import type { Parser } from "./parser.ts";

const other: Parser = {
  format: "procfile",
  detect: (folder, files) => (files.kind(`${folder}/Procfile`) === "file" ? `${folder}/Procfile` : undefined),
  parse: () => {
    throw new Error("not parsed here");
  },
};
const parsers = [composeParser, other];

test("the first parser that knows the folder wins, and what was passed over is told", () => {
  const files = memoryFiles({ "docker-compose.yml": "", Procfile: "" });
  expect(detectProject({ parsers, workingDir: "/p", files })).toEqual({
    parser: composeParser,
    file: "/p/docker-compose.yml",
    folder: "/p",
    passedOver: [{ format: "procfile", file: "/p/Procfile" }],
  });
});

test("a folder inside a Compose project belongs to it", () => {
  const files = memoryFiles({ "docker-compose.yml": "", "src/web/index.ts": "" });
  expect(detectProject({ parsers, workingDir: "/p/src/web", files })).toMatchObject({
    file: "/p/docker-compose.yml",
    folder: "/p",
  });
});

test("a project in the folder itself goes before one above it, whatever their formats", () => {
  const files = memoryFiles({ "compose.yaml": "", "tool/Procfile": "" });
  expect(detectProject({ parsers, workingDir: "/p/tool", files })).toEqual({
    parser: other,
    file: "/p/tool/Procfile",
    folder: "/p/tool",
    passedOver: [],
  });
});

test("files that are named, also by the folder's .env, are Compose files", () => {
  const choose = (tree: Record<string, string>, namesFiles = false) =>
    chooseParser({ parsers, workingDir: "/p", files: memoryFiles(tree), namesFiles }).parser;
  expect(choose({ Procfile: "" }, true)).toBe(composeParser);
  expect(choose({ ".env": "COMPOSE_FILE=x.yml\n" })).toBe(composeParser);
  expect(choose({ Procfile: "", ".env": "" })).toBe(other);
  expect(() => choose({ "x.txt": "" })).toThrow("no project of a known format");
});

test("a named format goes before", () => {
  const files = memoryFiles({ "compose.yaml": "", Procfile: "" });
  expect(detectProject({ parsers, workingDir: "/p", files, format: "procfile" })).toMatchObject({
    parser: other,
    file: "/p/Procfile",
  });
});

test("a folder of no known format, and an unknown format, are refused with the known ones", () => {
  const files = memoryFiles({ "x.txt": "" });
  expect(() => detectProject({ parsers, workingDir: "/p", files })).toThrow("compose, procfile");
  expect(() => detectProject({ parsers, workingDir: "/p", files, format: "helm" })).toThrow("compose, procfile");
});
