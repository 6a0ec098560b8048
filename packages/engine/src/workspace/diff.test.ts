import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { diffTree } from "./diff.ts";
import { type Bench, bench, git, snapshot } from "./testing/trees.ts";

function diff(at: Bench, path = process.env["PATH"]) {
  return diffTree({ ...at.pair, path, color: false });
}

async function edited(at: Bench): Promise<void> {
  mkdirSync(join(at.source, "src"), { recursive: true });
  writeFileSync(join(at.source, "src/a"), "one\ntwo\n");
  writeFileSync(join(at.source, "gone"), "bye\n");
  await git(at.source, "init", "-q");
  await at.copy();
  writeFileSync(join(at.pair.workspace, "src/a"), "one\n2\n");
  writeFileSync(join(at.pair.workspace, "untracked"), "new\n");
  rmSync(join(at.pair.workspace, "gone"));
}

describe("the diff of a workspace", () => {
  it("shows edits, untracked files and removals as a patch that applies to the source", async () => {
    await using at = bench();
    await edited(at);
    chmodSync(join(at.pair.workspace, "untracked"), 0o755);
    symlinkSync("/etc/passwd", join(at.pair.workspace, "link"));
    const { text, changes } = await diff(at);
    expect(changes.map(({ path, kind }) => `${kind} ${path}`)).toEqual([
      "removed gone",
      "added link",
      "changed src/a",
      "added untracked",
    ]);
    expect(text).toContain("--- a/src/a\n+++ b/src/a\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n");
    expect(text).not.toContain("root:");
    writeFileSync(join(at.root, "patch"), text);
    await git(at.source, "apply", join(at.root, "patch"));
    expect((await diff(at)).text).toBe("");
  });

  it("is empty when nothing was edited, and leaves both sides as they are", async () => {
    await using at = bench();
    await edited(at);
    const before = [snapshot(at.source), snapshot(at.pair.workspace)];
    await diff(at);
    expect([snapshot(at.source), snapshot(at.pair.workspace)]).toEqual(before);
    expect(readdirSync(join(at.root, "env")).sort()).toEqual(["baseline.json", "workspace"]);
  });

  it("says what was edited in the source too", async () => {
    await using at = bench();
    await edited(at);
    writeFileSync(join(at.source, "src/a"), "zero\n");
    expect((await diff(at)).alsoInSource).toEqual(["src/a"]);
  });

  it("runs nothing that the workspace asks for", async () => {
    await using at = bench();
    await edited(at);
    const evil = join(at.root, "evil");
    writeFileSync(evil, `#!/bin/sh\ntouch ${at.root}/ran\ncat "$1"\n`, { mode: 0o755 });
    writeFileSync(join(at.pair.workspace, ".gitattributes"), "* diff=evil\n");
    writeFileSync(join(at.pair.workspace, ".gitconfig"), `[diff "evil"]\n\ttextconv = ${evil}\n\tcommand = ${evil}\n`);
    await git(at.pair.workspace, "config", "diff.evil.textconv", evil);
    await diff(at);
    expect(readdirSync(at.root)).not.toContain("ran");
  });

  it("is made by diff where there is no git", async () => {
    await using at = bench();
    await edited(at);
    const bin = mkdtempSync(join(at.root, "bin-"));
    symlinkSync(execFileSync("sh", ["-c", "command -v diff"], { encoding: "utf8" }).trim(), join(bin, "diff"));
    const { text } = await diff(at, bin);
    expect(text).toContain("-two\n+2\n");
    expect(text).toContain("+new\n");
    await expect(diff(at, join(at.root, "nowhere"))).rejects.toMatchObject({ code: "COMMAND_NOT_FOUND" });
  });
});
