import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Bench, bench, git, snapshot } from "./testing/trees.ts";

/** A repository with a commit, a staged, an edited and an untracked file, and an ignored folder. */
async function fillRepository(folder: string): Promise<void> {
  mkdirSync(join(folder, "src"), { recursive: true });
  for (const name of ["a", "b", "c"]) writeFileSync(join(folder, "src", name), `${name}\n`);
  writeFileSync(join(folder, ".gitignore"), "built/\n");
  await git(folder, "init", "-q");
  await git(folder, "add", ".");
  await git(folder, "commit", "-q", "-m", "one");
}

async function dirty(folder: string): Promise<void> {
  appendFileSync(join(folder, "src/a"), "staged\n");
  await git(folder, "add", "src/a");
  appendFileSync(join(folder, "src/b"), "edited\n");
  writeFileSync(join(folder, "untracked"), "x");
  mkdirSync(join(folder, "built"), { recursive: true });
  writeFileSync(join(folder, "built/out"), "x");
  rmSync(join(folder, "src/c"));
}

async function state(folder: string): Promise<string> {
  const head = await git(folder, "log", "--oneline", "--all", "--decorate=full");
  return `${await git(folder, "status", "--porcelain=v2", "--branch", "--ignored")}\n${head}`;
}

/** Works in the copy as an agent would, then proves that nothing of it is seen in the source. */
async function provesApart(at: Bench, repository: string): Promise<void> {
  const before = snapshot(repository);
  const workspace = at.pair.workspace;
  writeFileSync(join(workspace, "agent"), "work");
  await git(workspace, "add", "-A");
  await git(workspace, "commit", "-q", "-m", "agent");
  await git(workspace, "checkout", "-q", "-b", "agent-branch");
  await git(workspace, "gc", "-q");
  expect(await git(workspace, "status", "--porcelain")).toBe("");
  expect(snapshot(repository)).toEqual(before);
}

describe("git in a workspace", () => {
  it("shows what the source shows, and shares nothing with it", async () => {
    await using at = bench();
    await fillRepository(at.source);
    await dirty(at.source);
    const shown = await state(at.source);
    await at.copy();
    expect(await state(at.pair.workspace)).toBe(shown);
    await provesApart(at, at.source);
  });

  it("has its own repository when the source is a linked work tree", async () => {
    await using at = bench();
    const main = join(at.root, "main");
    await fillRepository(main);
    await git(main, "worktree", "add", "-q", "-b", "feature", at.source);
    await dirty(at.source);
    const shown = await state(at.source);
    await at.copy();
    expect(statSync(join(at.pair.workspace, ".git")).isDirectory()).toBe(true);
    expect(await state(at.pair.workspace)).toBe(shown);
    expect(await git(at.pair.workspace, "worktree", "list")).not.toContain(main);
    await provesApart(at, at.source);
    expect(await git(main, "status", "--porcelain")).toBe("");
    expect(await git(main, "branch", "--list", "agent-branch")).toBe("");
  });

  it("survives the removal of the repository that a linked work tree came from", async () => {
    await using at = bench();
    const main = join(at.root, "main");
    await fillRepository(main);
    await git(main, "worktree", "add", "-q", "-b", "feature", at.source);
    await at.copy();
    rmSync(main, { recursive: true });
    rmSync(at.source, { recursive: true });
    expect(await git(at.pair.workspace, "fsck", "--full")).toBe("");
    expect(await git(at.pair.workspace, "log", "--oneline")).toContain("one");
  });

  it("works when the linked work tree came from a bare repository", async () => {
    await using at = bench();
    const [seed, bare] = [join(at.root, "seed"), join(at.root, "bare.git")];
    await fillRepository(seed);
    await git(at.root, "clone", "-q", "--bare", seed, bare);
    await git(bare, "worktree", "add", "-q", at.source, "main");
    await dirty(at.source);
    const shown = await state(at.source);
    await at.copy();
    expect(await state(at.pair.workspace)).toBe(shown);
    await provesApart(at, at.source);
  });

  it.each(["plain", "linked work tree"])("keeps submodules working and apart (%s)", async (kind) => {
    await using at = bench();
    const [library, main] = [join(at.root, "library"), join(at.root, "main")];
    await fillRepository(library);
    await fillRepository(kind === "plain" ? at.source : main);
    if (kind !== "plain") await git(main, "worktree", "add", "-q", "-b", "feature", at.source);
    await git(at.source, "submodule", "--quiet", "add", library, "libs/sub");
    await git(at.source, "commit", "-q", "-m", "sub");
    appendFileSync(join(at.source, "libs/sub/src/a"), "edited\n");
    const [shown, inside] = [await state(at.source), await state(join(at.source, "libs/sub"))];
    await at.copy();
    const sub = join(at.pair.workspace, "libs/sub");
    expect(await state(at.pair.workspace)).toBe(shown);
    expect(await state(sub)).toBe(inside);
    expect(await git(sub, "rev-parse", "--show-toplevel")).toBe(`${sub}\n`);
    const before = snapshot(at.root);
    await git(sub, "commit", "-q", "-a", "-m", "in the copy");
    const after = snapshot(at.root);
    const touched = [...after].filter(
      ([path, line]) => !path.startsWith("env") && path !== "" && before.get(path) !== line,
    );
    expect(touched).toEqual([]);
  });

  it("is its own when the source is itself a submodule", async () => {
    await using at = bench();
    const [library, outer] = [join(at.root, "library"), join(at.root, "outer")];
    await fillRepository(library);
    await fillRepository(outer);
    await git(outer, "submodule", "--quiet", "add", library, "sub");
    const source = join(outer, "sub");
    await dirty(source);
    const shown = await state(source);
    await at.copy({ sourceRoot: source });
    expect(await state(at.pair.workspace)).toBe(shown);
    await provesApart(at, outer);
  });

  it("never acts on the source through core.worktree", async () => {
    await using at = bench();
    await fillRepository(at.source);
    await git(at.source, "config", "core.worktree", at.source);
    await git(at.source, "config", "user.name", "kept");
    await at.copy();
    expect(await git(at.pair.workspace, "rev-parse", "--show-toplevel")).toBe(`${at.pair.workspace}\n`);
    expect(await git(at.pair.workspace, "config", "user.name")).toBe("kept\n");
    await provesApart(at, at.source);
  });

  it("is not stopped by a lock that a git command holds in the source", async () => {
    await using at = bench();
    await fillRepository(at.source);
    writeFileSync(join(at.source, ".git/index.lock"), "");
    writeFileSync(join(at.source, ".git/refs/heads/main.lock"), "");
    await at.copy();
    await provesApart(at, at.source);
  });

  it("does not know the work trees that are linked to the source", async () => {
    await using at = bench();
    await fillRepository(at.source);
    await git(at.source, "worktree", "add", "-q", "-b", "other", join(at.root, "other"));
    await at.copy();
    await git(at.pair.workspace, "checkout", "-q", "other");
    expect(await git(at.pair.workspace, "worktree", "list")).not.toContain(join(at.root, "other"));
    await provesApart(at, join(at.root, "other"));
  });

  it("has its own linked work trees where the source has them within", async () => {
    await using at = bench();
    await fillRepository(at.source);
    await git(at.source, "worktree", "add", "-q", "-b", "agent-1", join(at.source, ".trees/agent-1"));
    const inner = join(at.source, ".trees/agent-1");
    await dirty(inner);
    const shown = await state(inner);
    await at.copy();
    const copy = join(at.pair.workspace, ".trees/agent-1");
    expect(await state(copy)).toBe(shown);
    expect(await git(copy, "worktree", "list", "--porcelain")).not.toContain(at.source);
    expect(await git(at.pair.workspace, "worktree", "list", "--porcelain")).toContain(`worktree ${copy}\n`);
    const before = snapshot(at.source);
    await git(copy, "commit", "-q", "-a", "-m", "in the copy");
    await git(at.pair.workspace, "worktree", "remove", "--force", copy);
    expect(snapshot(at.source)).toEqual(before);
  });

  it("still finds objects that the source borrows from another repository", async () => {
    await using at = bench();
    const seed = join(at.root, "seed");
    await fillRepository(seed);
    await git(at.root, "clone", "-q", "--shared", seed, at.source);
    writeFileSync(join(at.source, ".git/objects/info/alternates"), "../../../seed/.git/objects\n");
    await at.copy();
    expect(await git(at.pair.workspace, "log", "--oneline")).toContain("one");
    expect(readFileSync(join(at.pair.workspace, ".git/objects/info/alternates"), "utf8")).toBe(
      `${seed}/.git/objects\n`,
    );
  });
});
