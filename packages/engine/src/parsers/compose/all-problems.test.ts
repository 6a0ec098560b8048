import { expect, test } from "vitest";
import { problemsOf } from "./testing/memory.ts";

/** `file:line attribute: message` of everything that is wrong. */
function told(files: string | Readonly<Record<string, string>>): string[] {
  return problemsOf(files).map(
    ({ file = "", line = 0, attribute = "", message }) => `${file.replace("/p/", "")}:${line} ${attribute}: ${message}`,
  );
}

test("variables, schema and what does not fit together are told in one run, first what the reference stops at", () => {
  const text = [
    "services:",
    "  web:",
    "    image: nginx",
    "    depends_on: [dbb]",
    "    portz: []",
    "    healthcheck: {interval: 5x}",
    "    command: ${NOPE:?set it}",
    "  db: {image: x, scale: 2, deploy: {replicas: 3}}",
  ].join("\n");
  expect(told(text)).toEqual([
    "compose.yaml:7 services.web.command: the variable NOPE must have a value: set it",
    'compose.yaml:4 services.web.depends_on.dbb: there is no service "dbb"',
    'compose.yaml:5 services.web.portz: "portz" is not an attribute of web',
    expect.stringMatching(/^compose.yaml:6 services.web.healthcheck.interval: /u),
    "compose.yaml:8 services.db.scale: scale and deploy.replicas differ",
  ]);
});

test("problems of the file, its override, what it includes and what it extends are told in one run", () => {
  const files = {
    "compose.yaml": [
      "include: [inc/compose.yaml]",
      "services:",
      "  a: {image: '${', networks: [nope]}",
      "  b: {extends: {file: base/base.yaml, service: b}}",
      "  c: {extends: {file: base/base.yaml, service: missing}}",
    ].join("\n"),
    "compose.override.yaml": "services:\n  a: {ports: ['80:abc']}\n  b: {restart: 5}\n",
    "inc/compose.yaml": "services:\n  i: {image: x, colour: red, volumes: ['data:/v']}\n",
    "base/base.yaml": "services:\n  b: {image: x, privileged: maybe, secrets: [s]}\n",
  };
  expect(told(files).map((line) => line.split(": ")[0])).toEqual([
    "compose.yaml:3 services.a.image",
    "compose.yaml:5 services.c.extends",
    "base/base.yaml:2 services.b.privileged",
    "compose.yaml:3 services.a.networks.nope",
    "base/base.yaml:2 services.b.secrets[0]",
    "inc/compose.yaml:2 services.i.colour",
    "inc/compose.yaml:2 services.i.volumes[0]",
    "compose.override.yaml:2 services.a.ports",
    "compose.override.yaml:3 services.b.restart",
  ]);
});

test("a YAML fault in one file does not hide what is wrong in the others", () => {
  const files = {
    "compose.yaml": "services:\n  a: {image: x, imagee: y, networks: [in-the-other-file]}\n",
    "compose.override.yaml": "services:\n  b: {image: x\n",
  };
  expect(told(files)).toEqual([
    'compose.yaml:2 services.a.imagee: "imagee" is not an attribute of a',
    expect.stringMatching(/^compose.override.yaml:/u),
  ]);
});

test("a file to extend that is no YAML is told once, and nothing of the service that needs it", () => {
  const files = {
    "compose.yaml": "services:\n  a: {extends: {file: base.yaml, service: a}}\n  b: {image: x, depends_on: [c]}\n",
    "base.yaml": "services: [\n",
  };
  expect(told(files)).toEqual([expect.stringMatching(/^base.yaml:/u)]);
});

test.each([
  ["services: {a: {image: '${X:?}'}}", "services.a.image"],
  ["services: {a: {imagee: x}}", "services.a.imagee"],
  ["services: {a: {build: 5}}", "services.a.build"],
  ["services: {a: {image: x, ports: ['${']}}", "services.a.ports[0]"],
  ["services: {a: {image: x, volumes: [{target: /a, type: 5}]}}", "services.a.volumes[0].type"],
  ["services: {a: {image: x, networks: [n]}}\nnetworks: [n]", "networks"],
  ["services: {a: 5}", "services.a"],
  ["services: {a: {image: x, env_file: ['${X:?}']}}", "services.a.env_file[0]"],
  ["services: {a: {image: x, deploy: {replicas: x}, scale: 2}}", "services.a.deploy.replicas"],
])("what only follows from a problem is not told: %s", (text, attribute) => {
  expect(problemsOf(text).map((problem) => problem.attribute)).toEqual([attribute]);
});
