import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findSourceRoot } from "./source-root.ts";
import { bench, git } from "./testing/trees.ts";

describe("what is copied for a project", () => {
  it("is the git work tree's top level, with the project's place in it", async () => {
    await using at = bench();
    mkdirSync(join(at.source, "apps/shop"), { recursive: true });
    await git(at.source, "init", "-q");
    expect(await findSourceRoot(join(at.source, "apps/shop"))).toEqual({
      sourceRoot: at.source,
      projectPath: "apps/shop",
    });
    expect(await findSourceRoot(at.source)).toEqual({ sourceRoot: at.source, projectPath: "" });
  });

  it("is the folder itself outside of git, also where .git is something else", async () => {
    await using at = bench();
    mkdirSync(join(at.source, "project"), { recursive: true });
    mkdirSync(join(at.source, ".git"));
    writeFileSync(join(at.root, ".git"), "not a pointer");
    const project = join(at.source, "project");
    expect(await findSourceRoot(project)).toEqual({ sourceRoot: project, projectPath: "" });
  });

  it("is the linked work tree's own top, and the submodule's own", async () => {
    await using at = bench();
    const main = join(at.root, "main");
    mkdirSync(main);
    await git(main, "init", "-q");
    await git(main, "commit", "-q", "--allow-empty", "-m", "one");
    await git(main, "worktree", "add", "-q", at.source);
    await git(at.source, "submodule", "--quiet", "add", main, "libs/sub");
    mkdirSync(join(at.source, "app"));
    expect(await findSourceRoot(join(at.source, "app"))).toEqual({ sourceRoot: at.source, projectPath: "app" });
    const sub = join(at.source, "libs/sub");
    expect(await findSourceRoot(sub)).toEqual({ sourceRoot: sub, projectPath: "" });
  });

  it("is the real place of a project reached through a link", async () => {
    await using at = bench();
    mkdirSync(at.source);
    symlinkSync(at.source, join(at.root, "link"));
    expect(await findSourceRoot(join(at.root, "link"))).toEqual({ sourceRoot: at.source, projectPath: "" });
  });

  it("is an error that names the folder when there is none", async () => {
    await using at = bench();
    const missing = join(at.root, "missing");
    await expect(findSourceRoot(missing)).rejects.toMatchObject({
      code: "FILE_NOT_FOUND",
      message: `there is no folder ${missing}`,
    });
  });
});
