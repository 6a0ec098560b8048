import { isCiloError } from "@cilo/base";
import { describe, expect, test } from "vitest";
import type { EnvironmentSpec } from "../../spec/spec.ts";
import { memoryFiles } from "../compose/testing/memory.ts";
import type { ImageFacts, ParseOptions } from "../parser.ts";
import { readDevcontainer } from "./configuration.ts";
import { devcontainerParser } from "./devcontainer-parser.ts";

type Files = Readonly<Record<string, string>>;

const options = (files: Files | string): ParseOptions => ({
  files: memoryFiles(typeof files === "string" ? { ".devcontainer.json": files } : files),
  env: { HOME: "/home/me", USER: "me" },
  workingDir: "/p",
});

function parse(files: Files | string, more: Partial<ParseOptions> = {}): EnvironmentSpec {
  return devcontainerParser.parse({ ...options(files), ...more });
}

/** `line:column message` of each problem, or the error itself. */
function refusal(files: Files | string, more: Partial<ParseOptions> = {}): readonly string[] {
  try {
    parse(files, more);
  } catch (error) {
    if (!isCiloError(error)) throw error;
    if (error.problems.length === 0) return [error.message];
    return error.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
  }
  throw new Error("it was not refused");
}

const codes = (spec: EnvironmentSpec): string[] => spec.notices.map(({ message }) => message);

describe("which file", () => {
  const three = {
    ".devcontainer/devcontainer.json": '{ "image": "first" }',
    ".devcontainer.json": '{ "image": "second" }',
    ".devcontainer/x/devcontainer.json": '{ "image": "third" }',
  };

  test("is read: the first of the three places, or the one that is named", () => {
    expect(parse(three).services["dev"]?.image).toBe("first");
    const { ".devcontainer/devcontainer.json": _, ...two } = three;
    expect(parse(two).services["dev"]?.image).toBe("second");
    expect(parse(two, { devcontainer: "x" }).services["dev"]?.image).toBe("third");
  });

  test("is meant has to be said where there are several named ones and no other", () => {
    const files = { ".devcontainer/a/devcontainer.json": "{}", ".devcontainer/b/devcontainer.json": "{}" };
    expect(refusal(files)).toEqual(["/p has 2 devcontainers and none by default"]);
    expect(refusal(files, { devcontainer: "c" })).toEqual(['/p has no devcontainer named "c"']);
  });
});

describe("a devcontainer that is wrong is told where", () => {
  test.each([
    ['{\n  "image": "x",\n  "name" "y"\n}', ["3:10 this is no JSON: colon expected"]],
    ["[]", ["1:1 a devcontainer.json is one JSON object"]],
    [
      '{\n  "image": 3,\n  "mounts": ["a", 4],\n  "build": { "args": [] }\n}',
      ["2:3 image must be text", "3:19 mounts must be a list of mounts", "4:14 build must be an object"],
    ],
    [
      '{ "image": "x", "postCreateCommand": { "a": 1 } }',
      ["1:40 postCreateCommand must be a command: text, a list of texts, or an object of those"],
    ],
    ['{ "name": "x" }', ["1:1 the devcontainer has neither image, build.dockerfile nor dockerComposeFile"]],
    ['{ "build": { "dockerfile": "Dockerfile" } }', ["1:14 there is no Dockerfile at /p/Dockerfile"]],
    ['{ "dockerComposeFile": ["a.yml"], "service": "x" }', ["1:25 there is no Compose file at /p/a.yml"]],
    ['{ "dockerComposeFile": [] }', ["1:3 dockerComposeFile needs service: which one is entered"]],
    ['{ "image": "x", "features": { "./no": {} } }', ["1:31 the Feature ./no has no /p/no/devcontainer-feature.json"]],
    ['{ "image": "x", "features": { "../out": {} } }', ["1:31 the Feature ../out lies outside of /p"]],
    ['{ "image": "${localEnv}" }', ["1:1 ${localEnv} names no variable"]],
  ])("%s", (text, problems) => {
    expect(refusal(text)).toEqual(problems);
  });

  test("whose service is not in the Compose file", () => {
    const files = {
      ".devcontainer.json": '{ "dockerComposeFile": "c.yml",\n  "service": "ap" }',
      "c.yml": "services: { app: { image: x } }",
    };
    expect(refusal(files)[0]).toMatch(/^2:3 There is no service "ap"/u);
  });

  test("whose Features need one another in a circle", () => {
    const feature = (needs: string): string => `{ "id": "x", "dependsOn": { "./${needs}": {} } }`;
    const files = {
      ".devcontainer/devcontainer.json": '{ "image": "x", "features": { "./a": {} } }',
      ".devcontainer/a/devcontainer-feature.json": feature("b"),
      ".devcontainer/b/devcontainer-feature.json": feature("a"),
    };
    expect(refusal(files)).toEqual(["1:31 Features depend on one another in a circle: ./a → ./b → ./a"]);
  });

  test("but unknown properties and words are told, not refused", () => {
    expect(codes(parse('{ "image": "x",\n "imgae": 1, "x-mine": 2, "waitFor": "ever" }'))).toEqual([
      "/p/.devcontainer.json:2: imgae is no property of a devcontainer and is not used",
      expect.stringMatching(/waitFor "ever" is none of/u),
    ]);
  });
});

test("variables are put in everywhere, with defaults, and the rest is left", () => {
  const { configuration } = readDevcontainer({
    ...options(
      JSON.stringify({
        image: "${localEnv:NO:a:b}|${localEnv:NO}|${env:USER}|${nothing}|${containerEnv:X}",
        workspaceFolder: "/w/${localWorkspaceFolderBasename}",
        runArgs: ["${localWorkspaceFolder}", "${containerWorkspaceFolder}", "${containerWorkspaceFolderBasename}"],
      }),
    ),
    mountGitRoot: false,
  });
  expect(configuration).toEqual({
    image: "a||me|${nothing}|${containerEnv:X}",
    workspaceFolder: "/w/p",
    runArgs: ["/p", "/w/p", "p"],
  });
});

test("from below the top of a Git work tree all of it is mounted, and the folder entered", () => {
  const files = { "sub/.devcontainer.json": '{ "image": "x" }', ".git/HEAD": "ref" };
  const spec = parse(files, { workingDir: "/p/sub" });
  expect(spec.services["dev"]?.volumes).toEqual([{ type: "bind", source: "/p", target: "/workspaces/p" }]);
  expect(spec.workbench?.folder).toBe("/workspaces/p/sub");
});

test("runArgs are read as flags of docker run, written either way; what an environment has its own way for is told", () => {
  const runArgs = [
    ..."--cap-add=SYS_PTRACE --security-opt seccomp=unconfined --hostname box --ulimit nofile=3:4 -e A=1 -eUSER".split(
      " ",
    ),
    ..."-v data:/d:ro --mount type=tmpfs,dst=/t --add-host=a:1.2.3.4 --gpus all --device /dev/fuse -p 8080:80 --init".split(
      " ",
    ),
    ..."--shm-size 1g --rm --name x --network host --nonsense -it".split(" "),
  ];
  const spec = parse(JSON.stringify({ image: "x", runArgs, workspaceMount: "" }));
  expect(spec.services["dev"]).toMatchObject({
    cap_add: ["SYS_PTRACE"],
    security_opt: ["seccomp=unconfined"],
    hostname: "box",
    ulimits: { nofile: { soft: 3, hard: 4 } },
    environment: { A: "1", USER: "me" },
    volumes: [
      { type: "volume", source: "data", target: "/d", read_only: true },
      { type: "tmpfs", target: "/t" },
    ],
    extra_hosts: ["a=1.2.3.4"],
    gpus: [{ count: -1 }],
    devices: [{ source: "/dev/fuse", target: "/dev/fuse", permissions: "rwm" }],
    ports: [{ target: 80, published: "8080", protocol: "tcp" }],
    init: true,
    shm_size: "1g",
  });
  expect(spec.volumes).toEqual({ data: { name: "data" } });
  expect(codes(spec).map((text) => text.replace(/ is not used$/u, ""))).toEqual(
    expect.arrayContaining(["runArgs: --rm", "runArgs: --name x", "runArgs: --network host"]),
  );
});

test("ports are named and made http by their attributes: a number, a range, an expression, another service's", () => {
  const files = {
    ".devcontainer.json": JSON.stringify({
      dockerComposeFile: "c.yml",
      service: "app",
      forwardPorts: [3000, "4005", "localhost:9", "db:5432", "no:1", "x"],
      portsAttributes: {
        "3000": { label: "web" },
        "4000-4010": { protocol: "https" },
        "^db:.*": { label: "data" },
      },
      otherPortsAttributes: { label: "other" },
    }),
    "c.yml": "services: { app: { image: x }, db: { image: y, ports: ['5432'] } }",
  };
  const { services, notices } = parse(files);
  expect(services["app"]?.ports).toEqual([
    { target: 3000, protocol: "tcp", name: "web" },
    { target: 4005, protocol: "tcp", app_protocol: "https" },
    { target: 9, protocol: "tcp", name: "other" },
  ]);
  expect(services["db"]?.ports?.map(({ target }) => target)).toEqual([5432]);
  expect(notices.map(({ message }) => message)).toEqual([
    'forwardPorts: "x" is no port',
    'forwardPorts: there is no service "no"',
  ]);
});

describe("what an image's label says", () => {
  const image = (entries: unknown): ImageFacts => ({
    reference: "ready",
    user: "",
    entrypoint: ["/entry"],
    command: ["serve"],
    labels: { "devcontainer.metadata": typeof entries === "string" ? entries : JSON.stringify(entries) },
  });
  const label = [
    {
      id: "feature",
      init: true,
      capAdd: ["A"],
      postCreateCommand: "theirs",
      entrypoint: "/start.sh",
      mounts: ["source=v,target=/m"],
    },
    { remoteUser: "label", containerEnv: { A: "1", B: "1" }, hostRequirements: { cpus: 4, memory: "1gb" } },
  ];

  test("lies under the configuration, which is the last to say", () => {
    const own = {
      image: "x",
      containerEnv: { B: "2" },
      capAdd: ["B"],
      postCreateCommand: "own",
      mounts: ["source=w,target=/m"],
      hostRequirements: { cpus: 2, memory: "2gb" },
    };
    const { services, workbench } = parse(JSON.stringify(own), { image: image(label) });
    const { dev } = services;
    expect(dev).toMatchObject({ image: "ready", init: true, cap_add: ["A", "B"], environment: { A: "1", B: "2" } });
    expect(dev?.volumes?.filter(({ target }) => target === "/m").map(({ source }) => source)).toEqual(["w"]);
    expect(dev?.entrypoint?.[2]).toContain("\n/start.sh\n");
    expect(workbench?.user).toBe("label");
    expect(workbench?.steps.map(({ origin, command }) => [origin, command])).toEqual([
      ["feature", "theirs"],
      ["devcontainer.json", "own"],
    ]);
    expect(workbench?.requirements).toMatchObject({ cpus: 4, memoryBytes: 2 ** 31 });
    expect(workbench?.image).toBeUndefined();
  });

  test("may be one object, and is told when it is no JSON", () => {
    expect(parse('{ "image": "x" }', { image: image({ remoteUser: "one" }) }).workbench?.user).toBe("one");
    expect(codes(parse('{ "image": "x" }', { image: image("{") }))[0]).toContain("is no JSON");
  });

  test("and the image's own command runs after what Features start, where it is not replaced", () => {
    const { dev } = parse('{ "image": "x", "overrideCommand": false }', { image: image([]) }).services;
    expect(dev?.entrypoint?.slice(3)).toEqual(["-", "/entry", "serve"]);
    expect(parse('{ "image": "x" }', { image: image([]) }).services["dev"]?.entrypoint?.slice(3)).toEqual(["-"]);
  });
});

test("a Compose project in a folder of its own is called as what it is for, and keeps a name it has", () => {
  const files = (compose: string): Files => ({
    ".devcontainer/devcontainer.json": '{ "dockerComposeFile": "c.yml", "service": "a", "runServices": ["b"] }',
    ".devcontainer/c.yml": compose,
  });
  const services = "services: { a: { image: x, command: [run] }, b: { image: y }, c: { image: z } }";
  const spec = parse(files(services));
  expect(spec.name).toBe("p");
  expect(Object.keys(spec.services)).toEqual(["a", "b"]);
  expect(spec.services["a"]).toMatchObject({ command: ["run"] });
  expect(parse(files(`name: shop\n${services}`)).name).toBe("shop");
});

test("old places of editor settings are moved, those in the new place count more", () => {
  const text =
    '{ "image": "x", "extensions": ["a"], "settings": { "k": 1, "l": 1 }, "devPort": 5, "customizations": { "vscode": { "settings": { "k": 2 } } } }';
  const { configuration } = readDevcontainer({ ...options(text), mountGitRoot: false });
  expect(configuration).toEqual({
    image: "x",
    customizations: { vscode: { extensions: ["a"], settings: { k: 2, l: 1 }, devPort: 5 } },
  });
});
