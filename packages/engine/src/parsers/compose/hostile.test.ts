import { expect, test } from "vitest";
import type { ParseOptions } from "../parser.ts";
import { composeParser } from "./compose-parser.ts";
import { memoryFiles, parseProject, problemsOf } from "./testing/memory.ts";

function services(count: number): string {
  const lines = ["services:"];
  for (let index = 0; index < count; index++) {
    lines.push(
      `  s${index}:`,
      `    image: img:${index}`,
      "    environment: {A: b, C: $HOME}",
      '    ports: ["80:80"]',
      `    depends_on: [s${(index + 1) % (count + 1)}]`,
    );
  }
  lines.push(`  s${count}: {image: last}`);
  return lines.join("\n");
}

test("10,000 services, each waiting for the next, are read", () => {
  const spec = parseProject(services(10_000));
  expect(Object.keys(spec.services)).toHaveLength(10_001);
});

test("10,000 services in one circle are refused", () => {
  const text = Array.from(
    { length: 10_000 },
    (_, index) => `  s${index}: {image: x, depends_on: [s${(index + 1) % 10_000}]}`,
  ).join("\n");
  expect(problemsOf(`services:\n${text}`)[0]?.message).toContain("wait for each other");
});

test("a file of 10 MB is read", () => {
  const text = `services: {a: {image: x}}\nx-data:\n${`  - ${"y".repeat(98)}\n`.repeat(100_000)}`;
  expect(parseProject(text).services).toHaveProperty("a");
});

test("a file over 64 MB is refused", () => {
  expect(problemsOf({ "compose.yaml": new Uint8Array(64 * 1024 * 1024 + 1) })[0]?.message).toContain(
    "larger than 64 MB",
  );
});

test.each([
  ["invalid UTF-8", new Uint8Array([0x73, 0xff, 0xfe, 0x3a]), "not UTF-8"],
  ["a NUL byte", "services: {a: {image: 'x\0'}}", "control character (U+0000)"],
  ["binary", new Uint8Array(1000).map((_, index) => index % 256), "not UTF-8"],
])("%s is refused", (_, content, message) => {
  expect(problemsOf({ "compose.yaml": content })[0]?.message).toContain(message);
});

test("an UTF-16 file with a byte order mark is read", () => {
  const text = "\uFEFFservices: {a: {image: x}}\n";
  const bytes = new Uint8Array(Buffer.from(text, "utf16le"));
  expect(parseProject({ "compose.yaml": bytes }).services).toHaveProperty("a");
});

test("a thousand levels are read, more are refused", () => {
  expect(
    parseProject(`services: {a: {image: x}}\nx-deep: ${"[".repeat(900)}${"]".repeat(900)}\n`).other,
  ).toHaveProperty("x-deep");
  expect(problemsOf(`x-deep: ${"[".repeat(5000)}${"]".repeat(5000)}`)[0]?.message).toContain("nested more than");
});

test("a chain of 400 extends is read, one of 10,000 refused", () => {
  const chain = (length: number): string =>
    [
      "services:",
      ...Array.from({ length }, (_, index) => `  s${index}: {extends: s${index + 1}}`),
      `  s${length}: {image: x}`,
    ].join("\n");
  expect(parseProject(chain(400)).services["s0"]).toMatchObject({ image: "x" });
  expect(problemsOf(chain(10_000)).map((problem) => problem.message)).toContainEqual(
    expect.stringContaining("more than 500 deep"),
  );
});

test("files that include each other without end are refused", () => {
  const files: Record<string, string> = { "compose.yaml": "include: [i0.yaml]" };
  for (let index = 0; index < 1000; index++) files[`i${index}.yaml`] = `include: [i${index + 1}.yaml]`;
  expect(problemsOf(files)[0]?.message).toContain("more than 100 deep");
});

test("a variable that grows without bounds is refused", () => {
  const files = {
    "compose.yaml": `services: {a: {image: "${"$BIG".repeat(2000)}"}}`,
    ".env": `BIG=${"x".repeat(1024 * 1024)}\n`,
  };
  expect(problemsOf(files)[0]?.message).toContain("too large");
});

test("names that JavaScript knows are names like others", () => {
  const spec = parseProject(
    "services: {__proto__: {image: x, environment: {__proto__: a, constructor: b}}, constructor: {image: y, depends_on: [__proto__]}}",
  );
  expect(Object.keys(spec.services)).toEqual(["__proto__", "constructor"]);
  const proto = new Map(Object.entries(spec.services)).get("__proto__");
  expect(Object.entries(proto?.environment ?? {})).toEqual([
    ["__proto__", "a"],
    ["constructor", "b"],
  ]);
});

test("no file is read that the project does not name", () => {
  const files = memoryFiles({
    "compose.yaml":
      "services: {a: {build: ./ctx, volumes: ['./v:/v'], secrets: [s], env_file: [{path: e, required: false}, f]}}\nsecrets: {s: {file: ./secret}}\n",
    ".env": "A=1\n",
    f: "B=1\n",
    secret: "hidden",
    "ctx/Dockerfile": "FROM x",
    "v/data": "x",
    "../above/compose.yaml": "services: {}",
  });
  const options: ParseOptions = { files, env: {}, workingDir: "/p" };
  composeParser.parse(options);
  expect([...new Set(files.reads)].toSorted()).toEqual(["/p/.env", "/p/compose.yaml", "/p/f"]);
});

test("a service without access to its neighbour's folder still may name it: paths above the project come out as they are", () => {
  const spec = parseProject("services: {a: {image: x, volumes: ['../../etc:/a', '/abs/../etc:/b']}}");
  expect(spec.services["a"]?.volumes).toMatchObject([{ source: "/etc" }, { source: "/abs/../etc" }]);
});

test("a file that may not be read is told, not a crash", () => {
  const files = memoryFiles({ "compose.yaml": "services: {a: {image: x, env_file: secret.env}}" });
  const read = (path: string): Uint8Array => {
    if (path.endsWith("secret.env")) throw Object.assign(new Error("EACCES"), { code: "EACCES" });
    return files.read(path);
  };
  expect(() => composeParser.parse({ files: { ...files, read }, env: {}, workingDir: "/p" })).toThrowError(
    expect.objectContaining({
      problems: [expect.objectContaining({ message: "/p/secret.env cannot be read (EACCES)" })],
    }),
  );
});
