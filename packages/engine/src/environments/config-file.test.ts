import { CiloError } from "@cilo/base";
import { describe, expect, test } from "vitest";
import { parseProjectConfig } from "./config-file.ts";

const read = (text: string) => parseProjectConfig(text, ".cilo/config.yml");

function failure(text: string): CiloError {
  try {
    read(text);
  } catch (error) {
    if (error instanceof CiloError) return error;
    throw error;
  }
  throw new Error("the config was taken");
}

describe(".cilo/config.yml", () => {
  test("an absent or empty file is the default configuration", () => {
    expect(read("")).toEqual({
      composeFiles: [],
      envFiles: [],
      profiles: [],
      hostnames: {},
      share: [],
      keepExternal: [],
      copy: { ignore: [], dotDirs: [] },
      env: { copyMode: "all", copy: [], ignore: [], render: [] },
    });
    expect(read("# nothing but a comment\n")).toEqual(read(""));
  });

  test("every documented key is read", () => {
    const config = read(`
project: shop
compose_files: [compose.yml, compose.dev.yml]
env_files: [.env.dev]
profiles: [debug]
dns_suffix: .test
ingress: web
hostnames:
  web: [shop.demo.test]
share: [db]
keep_external: [proxy]
copy: { ignore: [dist/], dot_dirs: [.cache] }
env:
  copy_mode: allowlist
  copy: [API_KEY]
  ignore: [.env.local]
  init_hook: npm ci
  render:
    - file: .env
      replace: { localhost: web }
runtime: docker
`);
    expect(config).toMatchObject({
      project: "shop",
      dnsSuffix: ".test",
      hostnames: { web: ["shop.demo.test"] },
      copy: { ignore: ["dist/"], dotDirs: [".cache"] },
      env: {
        copyMode: "allowlist",
        initHook: "npm ci",
        render: [{ file: ".env", tokens: true, replace: { localhost: "web" } }],
      },
    });
  });

  test("an unknown key is reported at its line with the one that is meant", () => {
    const error = failure("project: shop\nprofile: [a]\ncopy:\n  ignores: [x]\n");
    expect(error.code).toBe("CONFIG_INVALID");
    expect(error.problems).toMatchObject([
      { line: 2, attribute: "profile", hint: "Did you mean profiles?" },
      { line: 4, attribute: "copy.ignores", hint: "Did you mean ignore?" },
    ]);
    expect(error.message).toBe(".cilo/config.yml:2:10 profile: is not a key this file knows");
  });

  test("a wrong type and a wrong choice are reported at their lines", () => {
    const error = failure("share: db\nenv:\n  copy_mode: some\n");
    expect(error.problems).toMatchObject([
      { line: 1, attribute: "share", message: "must be a list" },
      { line: 3, attribute: "env.copy_mode", message: "must be one of all, none, allowlist" },
    ]);
  });

  test("broken YAML is reported at its line", () => {
    expect(failure("project: shop\nshare: [a\n").problems[0]?.line).toBeGreaterThanOrEqual(2);
    expect(failure("- a\n- b\n").problems[0]).toMatchObject({ line: 1 });
  });

  test("a YAML bomb is refused", () => {
    const bomb = ["a: &a [x,x,x,x,x,x,x,x,x]"];
    for (let i = 1; i < 9; i += 1) {
      const before = String.fromCodePoint(96 + i);
      const name = String.fromCodePoint(97 + i);
      bomb.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(",")}]`);
    }
    expect(failure(bomb.join("\n")).code).toBe("CONFIG_INVALID");
  });

  test.each(["../..", "../../etc", "Shop", "a.b", "a/b", "", "-a"])("project %j is refused", (project) => {
    expect(failure(`project: ${JSON.stringify(project)}`).problems).toMatchObject([{ line: 1, attribute: "project" }]);
  });

  test.each(["/etc/passwd", "../x", "a/../../b"])("a render file %j outside of the project is refused", (file) => {
    expect(failure(`env:\n  render:\n    - file: ${file}\n`).problems).toMatchObject([{ line: 3 }]);
  });

  test("host names and suffixes that are no names are refused", () => {
    expect(failure("dns_suffix: test").problems).toMatchObject([{ attribute: "dns_suffix" }]);
    expect(failure('hostnames:\n  web: ["a b"]').problems).toMatchObject([{ line: 2, attribute: "hostnames.web[0]" }]);
    expect(failure('hostnames:\n  web: ["x\\naddress=/evil/1.2.3.4"]').code).toBe("CONFIG_INVALID");
  });
});
