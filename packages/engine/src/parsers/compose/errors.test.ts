import { isCiloError } from "@cilo/base";
import { expect, test } from "vitest";
import { parseProject, problemsOf } from "./testing/memory.ts";

test("a misspelt attribute is named with its place and the nearest known one", () => {
  expect(problemsOf("services:\n  web:\n    imagee: nginx\n    image: nginx\n")).toEqual([
    {
      file: "/p/compose.yaml",
      line: 3,
      column: 5,
      attribute: "services.web.imagee",
      message: '"imagee" is not an attribute of web',
      hint: "Did you mean image?",
    },
  ]);
});

test("a service's attribute at the top says where it belongs", () => {
  expect(problemsOf("services: {a: {image: x}}\nports: []\n")).toMatchObject([
    { line: 2, hint: "ports belongs under a service; check its indentation" },
  ]);
});

test("everything that is wrong is told in one run, in the order of the files", () => {
  const files = {
    "compose.yaml": "services:\n  a:\n    image: x\n    restart: 5\n    portz: []\n    healthcheck: {interval: 5}\n",
    "compose.override.yaml": "services:\n  a:\n    command: ${NOPE:?set it}\n",
  };
  expect(problemsOf(files).map(({ file, line, attribute }) => `${file}:${line} ${attribute}`)).toEqual([
    "/p/compose.yaml:4 services.a.restart",
    "/p/compose.yaml:5 services.a.portz",
    "/p/compose.yaml:6 services.a.healthcheck.interval",
    "/p/compose.override.yaml:3 services.a.command",
  ]);
});

test("what does not fit together is told for every service, with the nearest name", () => {
  const text =
    "services:\n  web: {image: x, depends_on: [dbb], networks: [bakc]}\n  db: {image: x, volumes: ['data:/d']}\nnetworks: {back: }\n";
  expect(problemsOf(text).map(({ line, attribute, message, hint }) => ({ line, attribute, message, hint }))).toEqual([
    {
      line: 2,
      attribute: "services.web.depends_on.dbb",
      message: 'there is no service "dbb"',
      hint: "Did you mean db?",
    },
    {
      line: 2,
      attribute: "services.web.networks.bakc",
      message: 'there is no network "bakc"',
      hint: "Did you mean back?",
    },
    {
      line: 3,
      attribute: "services.db.volumes[0]",
      message: 'there is no volume "data"',
      hint: "Define it under volumes:",
    },
  ]);
});

test("a value keeps its own file and line through merging and extends", () => {
  const files = {
    "compose.yaml": "services:\n  a:\n    extends: {file: base/base.yaml, service: b}\n",
    "base/base.yaml": "services:\n  b:\n    image: x\n    networks:\n      - nope\n",
  };
  expect(problemsOf(files)).toMatchObject([
    { file: "/p/base/base.yaml", line: 5, attribute: "services.a.networks.nope" },
  ]);
});

test.each([
  ["services: {a: {image: x, extends: a}}", "extend each other"],
  ["services: {a: {image: x, depends_on: [b]}, b: {image: x, depends_on: [a]}}", "wait for each other: a -> b -> a"],
  ["include: [compose.yaml]\nservices: {a: {image: x}}", "include each other"],
])("a circle is refused: %s", (text, message) => {
  const [problem] = problemsOf(text);
  expect(problem?.message).toContain(message);
  expect(problem?.line).toBe(1);
});

test.each([
  ["include: ['https://example.com/compose.yaml']\nservices: {a: {image: x}}"],
  ["include: ['oci://docker.io/x/y']\nservices: {a: {image: x}}"],
  ["services: {a: {extends: {file: 'git@github.com:x/y.git', service: b}}}"],
])("what lies elsewhere is refused, not fetched: %s", (text) => {
  expect(problemsOf(text)[0]?.message).toContain("only files on this machine are read");
});

test("a missing env file is told at the line that names it", () => {
  expect(problemsOf("services:\n  a:\n    image: x\n    env_file:\n      - missing.env\n")).toMatchObject([
    { line: 4, attribute: "services.a.env_file", message: "/p/missing.env is not there" },
  ]);
});

test("a fault in an env file names its file and line", () => {
  expect(problemsOf({ "compose.yaml": "services: {a: {image: x}}", ".env": "A=1\nB@=2\n" })).toMatchObject([
    { file: "/p/.env", line: 2 },
  ]);
});

test("a file named on the command line that is not there is a file that was not found", () => {
  try {
    parseProject({}, { projectFiles: ["other.yaml"], envFiles: ["none.env"] });
  } catch (error) {
    expect(isCiloError(error, "FILE_NOT_FOUND")).toBe(true);
    return;
  }
  throw new Error("was not refused");
});

test("a service that is not there is told with the nearest name", () => {
  expect(() => parseProject("services: {web: {image: x}}", { services: ["wbe"] })).toThrowError(
    expect.objectContaining({ code: "SERVICE_NOT_FOUND", hint: "Did you mean web?" }),
  );
});

test("an empty list that another file follows is refused where the reference refuses it, and says why", () => {
  const files = {
    "compose.yaml": "services: {a: {image: x, security_opt: []}}",
    "compose.override.yaml": "services: {a: {user: u}}",
  };
  expect(problemsOf(files)).toMatchObject([
    {
      attribute: "services.a.security_opt",
      message: expect.stringContaining("where another file follows, leave it out"),
    },
  ]);
  expect(parseProject(files["compose.yaml"]).services).toHaveProperty("a");
});
