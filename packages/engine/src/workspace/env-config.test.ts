import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { EnvConfig } from "./env-rules.ts";
import { applyEnvConfig } from "./env-config.ts";
import { copyRulesOf } from "./env-files.ts";
import { workspaceChanges } from "./inspect.ts";
import { mergeTree, syncTree } from "./sync.ts";
import { type Bench, bench, contents, snapshot } from "./testing/trees.ts";

const PLAIN: EnvConfig = { copyMode: "all", copy: [], ignore: [], render: [] };
const tokens = {
  CILO_ENV: "agent-1",
  CILO_PROJECT: "shop",
  CILO_BASE_URL: "http://shop.agent-1.test",
  CILO_DNS_SUFFIX: ".test",
  CILO_URL_API: "http://api.agent-1.test:3000",
};

function apply(at: Bench, render: EnvConfig["render"], projectPath = "") {
  return applyEnvConfig({ ...at.pair, projectPath, config: { ...PLAIN, render }, tokens });
}

function copiedPaths(at: Bench): string[] {
  return [...contents(at.pair.workspace).keys()].filter((path) => path !== "").sort();
}

describe("env files in a workspace", () => {
  it.each([
    ["all", {}, [".env", ".env.example", ".env.local", "app", "app/.env.production", "app/.envrc"]],
    ["none", {}, [".env.example", "app", "app/.envrc"]],
    ["allowlist", { copy: [".env"] }, [".env", ".env.example", "app", "app/.envrc"]],
    ["all", { ignore: [".env.local", "*.production"] }, [".env", ".env.example", "app", "app/.envrc"]],
    [
      "allowlist",
      { copy: [".env*"], ignore: [".env.local"] },
      [".env", ".env.example", "app", "app/.env.production", "app/.envrc"],
    ],
  ] as const)("copy_mode %s with %j copies what it says", async (copyMode, lists, expected) => {
    await using at = bench();
    mkdirSync(join(at.source, "app"), { recursive: true });
    for (const name of [".env", ".env.local", ".env.example", "app/.env.production", "app/.envrc"]) {
      writeFileSync(join(at.source, name), "A=1\n");
    }
    const rules = copyRulesOf({ copy: { ignore: [], dotDirs: [] }, env: { ...PLAIN, copyMode, ...lists } });
    await at.copy({ rules });
    expect(copiedPaths(at)).toEqual(expected);
  });

  it("left out are no removals when the work comes home", async () => {
    await using at = bench();
    mkdirSync(at.source);
    writeFileSync(join(at.source, ".env"), "SECRET=1\n");
    const rules = copyRulesOf({ copy: { ignore: [], dotDirs: [] }, env: { ...PLAIN, copyMode: "none" } });
    await at.copy({ rules });
    expect(await mergeTree({ ...at.pair, rules, dryRun: false })).toEqual({
      applied: [],
      conflicts: [],
      workspaceOnly: [],
    });
    expect(readFileSync(join(at.source, ".env"), "utf8")).toBe("SECRET=1\n");
  });

  it("get tokens and replacements filled in, keep their mode, and leave the source alone", async () => {
    await using at = bench();
    mkdirSync(join(at.source, "app"), { recursive: true });
    const text = "URL=http://localhost:3000/x\nENV=${CILO_ENV} ${CILO_UNKNOWN} $${HOME}\nAPI=${CILO_URL_API}\n";
    writeFileSync(join(at.source, "app/.env"), text);
    chmodSync(join(at.source, "app/.env"), 0o600);
    await at.copy();
    const before = snapshot(at.source);
    const rule = {
      file: ".env",
      tokens: true,
      replace: { "http://localhost:3000": "${CILO_BASE_URL}", localhost: "never" },
    };
    expect(await apply(at, [rule], "app")).toEqual({ rendered: ["app/.env"], skipped: [] });
    const copy = join(at.pair.workspace, "app/.env");
    expect(readFileSync(copy, "utf8")).toBe(
      "URL=http://shop.agent-1.test/x\nENV=agent-1 ${CILO_UNKNOWN} $${HOME}\nAPI=http://api.agent-1.test:3000\n",
    );
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    expect(snapshot(at.source)).toEqual(before);
  });

  it("are no edits of the workspace once filled in, and filling in again changes nothing", async () => {
    await using at = bench();
    mkdirSync(at.source);
    writeFileSync(join(at.source, ".env"), "A=${CILO_ENV}\n");
    await at.copy();
    const rules = [{ file: ".env", tokens: true, replace: {} }];
    await apply(at, rules);
    const before = snapshot(at.pair.workspace);
    expect(await apply(at, rules)).toEqual({ rendered: [], skipped: [] });
    expect(snapshot(at.pair.workspace)).toEqual(before);
    expect(await workspaceChanges(at.pair)).toEqual([]);
    expect(await syncTree({ ...at.pair, dryRun: false })).toEqual({ applied: [], conflicts: [], workspaceOnly: [] });
    expect(await mergeTree({ ...at.pair, dryRun: false })).toEqual({ applied: [], conflicts: [], workspaceOnly: [] });
    expect(readFileSync(join(at.source, ".env"), "utf8")).toBe("A=${CILO_ENV}\n");
  });

  it("follow the source: an edit there comes over and is filled in", async () => {
    await using at = bench();
    mkdirSync(at.source);
    writeFileSync(join(at.source, ".env"), "A=${CILO_ENV}\n");
    await at.copy();
    const rules = [{ file: ".env", tokens: true, replace: {} }];
    await apply(at, rules);
    writeFileSync(join(at.source, ".env"), "B=${CILO_ENV}\n");
    expect(await syncTree({ ...at.pair, dryRun: false })).toMatchObject({
      applied: [{ path: ".env", kind: "changed" }],
      conflicts: [],
    });
    expect(await apply(at, rules)).toEqual({ rendered: [".env"], skipped: [] });
    expect(readFileSync(join(at.pair.workspace, ".env"), "utf8")).toBe("B=agent-1\n");
    expect(await workspaceChanges(at.pair)).toEqual([]);
  });

  it("that were edited in the workspace are left alone and never merged in their filled-in form", async () => {
    await using at = bench();
    mkdirSync(at.source);
    writeFileSync(join(at.source, ".env"), "A=${CILO_ENV}\n");
    await at.copy();
    const rules = [{ file: ".env", tokens: true, replace: {} }];
    await apply(at, rules);
    writeFileSync(join(at.pair.workspace, ".env"), "A=agent-1\nB=agent's\n");
    expect((await apply(at, rules)).skipped).toEqual([{ path: ".env", reason: "it was edited in the workspace" }]);
    expect(await workspaceChanges(at.pair)).toEqual([{ path: ".env", kind: "changed" }]);
    expect((await mergeTree({ ...at.pair, dryRun: false })).conflicts).toEqual([{ path: ".env", kind: "changed" }]);
    expect(readFileSync(join(at.source, ".env"), "utf8")).toBe("A=${CILO_ENV}\n");
  });

  it("keep bytes that are no UTF-8", async () => {
    await using at = bench();
    mkdirSync(at.source);
    writeFileSync(join(at.source, ".env"), Buffer.from([0xff, 0x00, ...Buffer.from("ü=${CILO_ENV}")]));
    await at.copy();
    await apply(at, [{ file: ".env", tokens: true, replace: { ü: "ö" } }]);
    const expected = Buffer.from([0xff, 0x00, ...Buffer.from("ö=agent-1")]);
    expect(readFileSync(join(at.pair.workspace, ".env")).equals(expected)).toBe(true);
  });

  it.each(["../outside", "/etc/passwd", "app/../../outside", ".git/config"])("are refused at %s", async (file) => {
    await using at = bench();
    mkdirSync(at.source);
    await at.copy();
    await expect(apply(at, [{ file, tokens: true, replace: {} }])).rejects.toMatchObject({ code: "PATH_ESCAPES" });
  });

  it("are not written through a link", async () => {
    await using at = bench();
    mkdirSync(join(at.source, "app"), { recursive: true });
    writeFileSync(join(at.source, ".env"), "A=${CILO_ENV}\n");
    writeFileSync(join(at.source, "app/.env"), "A=${CILO_ENV}\n");
    await at.copy();
    const outside = join(at.root, "outside");
    mkdirSync(outside);
    writeFileSync(join(outside, ".env"), "A=${CILO_ENV}\n");
    rmSync(join(at.pair.workspace, ".env"));
    symlinkSync(join(outside, ".env"), join(at.pair.workspace, ".env"));
    rmSync(join(at.pair.workspace, "app"), { recursive: true });
    symlinkSync(outside, join(at.pair.workspace, "app"));
    const result = await apply(
      at,
      [".env", "app/.env"].map((file) => ({ file, tokens: true, replace: {} })),
    );
    expect(result.rendered).toEqual([]);
    expect(readFileSync(join(outside, ".env"), "utf8")).toBe("A=${CILO_ENV}\n");
  });
});
