import { isCiloError } from "@cilo/base";
import { expect, test } from "vitest";
import { EnvironmentSpec } from "../../spec/spec.ts";
import { memoryFiles } from "../compose/testing/memory.ts";
import { parseEnvFile } from "./env-file.ts";
import { procfileParser } from "./procfile-parser.ts";

type Files = Readonly<Record<string, string>>;

const node: Files = {
  "package.json": '{"engines":{"node":"22.1.0"},"scripts":{"build":"tsc"}}',
  "package-lock.json": "{}",
};

function parse(
  files: Files,
  options: { readonly services?: readonly string[]; readonly env?: Record<string, string> } = {},
) {
  const spec = procfileParser.parse({ files: memoryFiles(files), env: {}, workingDir: "/p", ...options });
  expect(EnvironmentSpec.parse(spec)).toEqual(spec);
  return spec;
}

function dockerfile(files: Files, env: Record<string, string> = {}): string {
  return parse({ Procfile: "web: run", ...files }, { env }).services["web"]?.build?.dockerfile_inline ?? "";
}

/** `file:line: message` of each problem. */
function problems(files: Files): string[] {
  try {
    parse(files);
  } catch (error) {
    if (!isCiloError(error)) throw error;
    return error.problems.map(({ file, line, message }) => `${file ?? ""}:${line ?? ""}: ${message}`);
  }
  return [];
}

test("release runs with the add-ons there, the others after it, each at a port of its own, and only web has one", () => {
  const { services } = parse({
    ...node,
    Procfile: "release: migrate\nweb: serve\nbackground_worker: work # a comment of the shell\nconsole: irb\n",
    "app.json": '{"addons":["heroku-postgresql:mini",{"plan":"heroku-redis","as":"cache"}]}',
  });
  expect(Object.keys(services)).toEqual(["release", "web", "background-worker", "postgres", "redis"]);
  expect(services["release"]?.depends_on).toEqual({
    postgres: { condition: "service_healthy", required: true },
    redis: { condition: "service_healthy", required: true },
  });
  expect(services["web"]?.depends_on?.["release"]?.condition).toBe("service_completed_successfully");
  expect(services["background-worker"]?.command).toEqual(["sh", "-c", "work # a comment of the shell"]);
  expect(["release", "web", "background-worker"].map((name) => services[name]?.environment?.["PORT"])).toEqual([
    "5000",
    "5100",
    "5200",
  ]);
  expect(services["web"]?.ports?.map(({ target }) => target)).toEqual([5100]);
  expect(services["background-worker"]?.ports).toBeUndefined();
  expect(services["release"]?.environment).toMatchObject({
    DATABASE_URL: "postgres://app:app@postgres:5432/app",
    CACHE_URL: "redis://redis:6379",
  });
});

test("a process that is asked for by name comes with what it needs", () => {
  const files = { ...node, Procfile: "release: migrate\nweb: serve\nconsole: irb", "app.json": '{"addons":["redis"]}' };
  expect(Object.keys(parse(files, { services: ["console"] }).services)).toEqual(["release", "console", "redis"]);
  expect(() => parse(files, { services: ["nothing"] })).toThrow('There is no service "nothing"');
});

test("a process of quantity 0 is not started", () => {
  const app = '{"formation":{"worker":{"quantity":0},"web":{"quantity":3}}}';
  expect(Object.keys(parse({ ...node, Procfile: "web: a\nworker: b", "app.json": app }).services)).toEqual(["web"]);
});

test(".env goes before app.json and add-ons, but for an add-on's address on this machine", () => {
  const { services, notices } = parse({
    ...node,
    Procfile: "web: serve",
    ".env":
      'PORT=8080\nDATABASE_URL="postgres://localhost:5432/x"\nREDIS_URL=redis://elsewhere:1\nENERGY=20 GeV\nA=mine',
    "app.json":
      '{"env":{"A":"theirs","B":{"value":"b"},"KEY":{"generator":"secret"},"NEED":{"required":true},"MAY":{"required":false}},"addons":["postgresql","redis","newrelic:wayne"],"adons":1}',
  });
  expect(services["web"]?.environment).toMatchObject({
    PORT: "8080",
    DATABASE_URL: "postgres://app:app@postgres:5432/app",
    REDIS_URL: "redis://elsewhere:1",
    ENERGY: "20 GeV",
    A: "mine",
    B: "b",
    KEY: expect.stringMatching(/^[0-9a-f]{64}$/u),
  });
  expect(notices.map(({ code, message }) => `${code} ${message}`)).toEqual([
    expect.stringContaining('addon-ignored the add-on "newrelic"'),
    'property-unknown "adons" is no member of app.json and is not used',
    expect.stringContaining("variable-missing app.json asks for NEED"),
  ]);
});

test("an env file is read as foreman reads it", () => {
  expect(parseEnvFile('# no\nexport A=1\nB=\'a # b\'\nC="x\\ny \\"z\\""\nD = spaced out \nno line\nE=$A')).toEqual({
    A: "1",
    B: "a # b",
    C: 'x\ny "z"',
    D: "spaced out",
    E: "$A",
  });
});

test("packages are fetched before the project is copied, by nobody with rights", () => {
  const lines = dockerfile(node).split("\n");
  const order = [
    "FROM node:22.1.0-slim AS base",
    "USER 1000:1000",
    "RUN npm ci",
    "COPY --from=source --chown=1000:1000 /source/ ./",
    "RUN npm run build",
  ];
  const found = order.map((line) => lines.indexOf(line));
  expect(found).not.toContain(-1);
  expect(found).toEqual(found.toSorted((a, b) => a - b));
  expect(lines).toContain('COPY --chown=1000:1000 ["package.json","package-lock.json","/app/"]');
});

test("a Rails app with a package.json has both languages in one image", () => {
  const text = dockerfile({ ...node, Gemfile: 'ruby "3.4.1"', "Gemfile.lock": "BUNDLED WITH\n   2.6.1\n" });
  expect(text).toContain("FROM node:22.1.0-slim AS node\nFROM ruby:3.4.1-slim AS base\n");
  for (const line of ["COPY --from=node /usr/local/bin/ /usr/local/bin/", "RUN npm ci", "RUN bundle install"])
    expect(text).toContain(`${line}\n`);
});

test("a buildpack says which language runs it, and a variable where its image is from", () => {
  const app = '{"buildpacks":[{"url":"heroku/ruby"},{"url":"heroku/nodejs"}]}';
  expect(dockerfile({ ...node, Gemfile: "", "app.json": app })).toContain("FROM node:22.1.0-slim AS base");
  expect(dockerfile(node, { CILO_IMAGE_NODE: "registry.test:5000/node:1" })).toContain(
    "FROM registry.test:5000/node:1 AS base",
  );
  expect(dockerfile(node, { CILO_IMAGE_NODE: "x\nRUN evil" })).toContain("FROM node:22.1.0-slim AS base");
});

test("a project's own Dockerfile is used, in any language", () => {
  const { services } = parse({ Procfile: "web: serve", Dockerfile: "FROM scratch" });
  expect(services["web"]?.build).toEqual({ context: "/p", dockerfile: "Dockerfile" });
});

test("versions cannot bring lines into the Dockerfile", () => {
  const hostile = {
    "package.json": JSON.stringify({ engines: { node: "1\nRUN evil" } }),
    ".ruby-version": "3\nRUN evil",
  };
  expect(dockerfile(hostile).split("\n")).not.toContain("RUN evil");
});

test.each([
  [{ Procfile: "# only a comment\n" }, ["/p/Procfile:1: the Procfile has no process"]],
  [
    { Procfile: "web: a\n\nWEB: b\nno process\n" },
    ["/p/Procfile:3: the process web is in line 1 already", "/p/Procfile:4: this line is no process"],
  ],
  [{ Procfile: "a_: b" }, ['/p/Procfile:1: "a_" cannot be a host name']],
  [
    { Procfile: "web: a", "app.json": '{\n"addons": 5,\n"env": [],\n"formation": {"web": {"quantity": "2"}}\n}' },
    ["/p/app.json:3: env is an object", "/p/app.json:2: addons is a list", "/p/app.json:4: a quantity is a number"],
  ],
  [{ Procfile: "web: a", "app.json": '{\n"env": {"A": }\n}' }, ["/p/app.json:2: this is no JSON: value expected"]],
  [{ Procfile: "web: a", "project.clj": "" }, ["/p/project.clj:: Clojure is not covered yet (project.clj)"]],
])("%j is refused with its places", (files, expected) => {
  expect(problems({ ...(Object.hasOwn(files, "project.clj") ? {} : node), ...files })).toEqual(expected);
});

test("an unknown project is refused with what was looked for", () => {
  expect(problems({ Procfile: "web: a" })[0]).toMatch(
    /No known language in \/p\. Looked for Gemfile \(Ruby\).*package\.json \(Node\)/u,
  );
});

test("Procfile.dev counts where there is no Procfile", () => {
  expect(parse({ ...node, "Procfile.dev": "web: dev" }).files).toEqual(["/p/Procfile.dev"]);
  expect(parse({ ...node, "Procfile.dev": "web: dev", Procfile: "web: a" }).files).toEqual(["/p/Procfile"]);
});
