import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { workspaceChanges } from "./inspect.ts";
import { mergeTree, syncTree } from "./sync.ts";
import { type Bench, bench, contents, git, signal, snapshot } from "./testing/trees.ts";

/** A copied tree of a few files; `source` and `workspace` write below either side. */
async function copied(at: Bench) {
  mkdirSync(join(at.source, "src"), { recursive: true });
  for (const name of ["src/a", "src/b", "src/c", "top"]) writeFileSync(join(at.source, name), `${name}\n`);
  await at.copy();
  const { workspace } = at.pair;
  return {
    workspace,
    sync: (dryRun = false) => syncTree({ ...at.pair, dryRun }),
    merge: (dryRun = false) => mergeTree({ ...at.pair, dryRun }),
    changes: () => workspaceChanges(at.pair),
    inSource: (path: string, text: string) => writeFileSync(join(at.source, path), text),
    inWorkspace: (path: string, text: string) => writeFileSync(join(workspace, path), text),
    readWorkspace: (path: string) => readFileSync(join(workspace, path), "utf8"),
    readSource: (path: string) => readFileSync(join(at.source, path), "utf8"),
  };
}

const NOTHING = { applied: [], conflicts: [], workspaceOnly: [] };

describe("bringing source edits into a workspace", () => {
  it("brings edits, new files and removals, and does nothing the second time", async () => {
    await using at = bench();
    const it = await copied(at);
    it.inSource("src/a", "edited");
    mkdirSync(join(at.source, "new/deep"), { recursive: true });
    it.inSource("new/deep/file", "new");
    rmSync(join(at.source, "src/b"));
    expect(await it.sync()).toEqual({
      applied: [
        { path: "new", kind: "added" },
        { path: "new/deep", kind: "added" },
        { path: "new/deep/file", kind: "added" },
        { path: "src/a", kind: "changed" },
        { path: "src/b", kind: "removed" },
      ],
      conflicts: [],
      workspaceOnly: [],
    });
    expect(contents(it.workspace)).toEqual(contents(at.source));
    expect(await it.sync()).toEqual(NOTHING);
    expect(await it.changes()).toEqual([]);
  });

  it("reports what was edited on both sides and leaves it in both", async () => {
    await using at = bench();
    const it = await copied(at);
    it.inSource("src/a", "mine");
    it.inWorkspace("src/a", "the agent's");
    it.inWorkspace("src/c", "agent only");
    rmSync(join(it.workspace, "src/b"));
    it.inSource("src/b", "edited while removed there");
    const both = [
      { path: "src/a", kind: "changed" },
      { path: "src/b", kind: "changed" },
    ];
    expect(await it.sync()).toEqual({
      applied: [],
      conflicts: both,
      workspaceOnly: [{ path: "src/c", kind: "changed" }],
    });
    expect([it.readSource("src/a"), it.readWorkspace("src/a")]).toEqual(["mine", "the agent's"]);
    expect(existsSync(join(it.workspace, "src/b"))).toBe(false);
    expect((await it.sync()).conflicts).toEqual(both);
  });

  it("does not call the same edit on both sides a conflict", async () => {
    await using at = bench();
    const it = await copied(at);
    it.inSource("src/a", "same");
    it.inWorkspace("src/a", "same");
    expect(await it.sync()).toEqual(NOTHING);
    it.inWorkspace("src/a", "then the agent went on");
    expect(await it.changes()).toEqual([{ path: "src/a", kind: "changed" }]);
    expect(await it.sync()).toMatchObject({ applied: [], conflicts: [] });
  });

  it("looks at the content of files that were only touched", async () => {
    await using at = bench();
    const it = await copied(at);
    utimesSync(join(at.source, "src/a"), 1, 1);
    utimesSync(join(it.workspace, "src/b"), 1, 1);
    expect(await it.changes()).toEqual([]);
    expect(await it.sync()).toEqual(NOTHING);
  });

  it("sees an edit that kept size and modification time", async () => {
    await using at = bench();
    const it = await copied(at);
    const before = statSync(join(at.source, "src/a"));
    it.inSource("src/a", "SRC/A\n");
    utimesSync(join(at.source, "src/a"), before.atime, before.mtime);
    expect((await it.sync()).applied).toEqual([{ path: "src/a", kind: "changed" }]);
    expect(it.readWorkspace("src/a")).toBe("SRC/A\n");
  });

  it("brings modes, links and changes of type", async () => {
    await using at = bench();
    const it = await copied(at);
    chmodSync(join(at.source, "top"), 0o755);
    rmSync(join(at.source, "src/a"));
    mkdirSync(join(at.source, "src/a"), { mode: 0o750 });
    it.inSource("src/a/inside", "x");
    rmSync(join(at.source, "src/b"));
    symlinkSync("../top", join(at.source, "src/b"));
    expect((await it.sync()).conflicts).toEqual([]);
    expect(contents(it.workspace)).toEqual(contents(at.source));
    rmSync(join(at.source, "src/a"), { recursive: true });
    it.inSource("src/a", "a file again");
    rmSync(join(at.source, "src/b"));
    it.inSource("src/b", "and this");
    expect((await it.sync()).conflicts).toEqual([]);
    expect(contents(it.workspace)).toEqual(contents(at.source));
    expect(it.readSource("top")).toBe("top\n");
  });

  it("keeps a folder that the source removed while the workspace has own files in it", async () => {
    await using at = bench();
    const it = await copied(at);
    it.inWorkspace("src/own", "agent's");
    rmSync(join(at.source, "src"), { recursive: true });
    await it.sync();
    expect(readdirSync(join(it.workspace, "src"))).toEqual(["own"]);
    expect(await it.sync()).toMatchObject({ applied: [], conflicts: [] });
    expect((await it.changes()).map(({ path }) => path)).toEqual(["src", "src/own"]);
  });

  it("reports a folder that became a file where the workspace still has something in it", async () => {
    await using at = bench();
    const it = await copied(at);
    it.inWorkspace("src/own", "agent's");
    rmSync(join(at.source, "src"), { recursive: true });
    it.inSource("src", "a file now");
    const result = await it.sync();
    expect(result.conflicts).toEqual([{ path: "src", kind: "changed" }]);
    expect(it.readWorkspace("src/own")).toBe("agent's");
  });

  it("only tells, with dryRun", async () => {
    await using at = bench();
    const it = await copied(at);
    it.inSource("src/a", "edited");
    const before = [snapshot(it.workspace), readFileSync(at.pair.baseline, "utf8")];
    expect((await it.sync(true)).applied).toEqual([{ path: "src/a", kind: "changed" }]);
    expect([snapshot(it.workspace), readFileSync(at.pair.baseline, "utf8")]).toEqual(before);
  });

  it("leaves the source bit-identical", async () => {
    await using at = bench();
    const it = await copied(at);
    it.inSource("src/a", "edited");
    it.inWorkspace("src/b", "edited");
    const before = snapshot(at.source);
    await it.sync();
    await it.changes();
    expect(snapshot(at.source)).toEqual(before);
  });

  it("does not take part in git's business", async () => {
    await using at = bench();
    mkdirSync(at.source);
    writeFileSync(join(at.source, "file"), "1");
    await git(at.source, "init", "-q");
    const it = await copied(at);
    await git(at.source, "add", "-A");
    await git(at.source, "commit", "-q", "-m", "in the source");
    await git(it.workspace, "checkout", "-q", "-b", "agent");
    expect(await it.sync()).toEqual(NOTHING);
    expect(await it.merge()).toEqual(NOTHING);
    expect(await git(it.workspace, "branch", "--show-current")).toBe("agent\n");
  });

  it("takes what git ignores for products: they neither come home nor count as edits, a copied .env does", async () => {
    await using at = bench();
    mkdirSync(join(at.source, "dist"), { recursive: true });
    writeFileSync(join(at.source, ".gitignore"), "node_modules/\n/dist\n*.log\n!keep.log\n.env\n");
    writeFileSync(join(at.source, "dist/out"), "1");
    writeFileSync(join(at.source, ".env"), "A=1\n");
    await git(at.source, "init", "-q");
    const it = await copied(at);
    mkdirSync(join(it.workspace, "src/node_modules/x"), { recursive: true });
    writeFileSync(join(it.workspace, "src/.gitignore"), "cache\n");
    for (const path of ["src/node_modules/x/y", "dist/new", "debug.log", "keep.log", "src/cache"])
      it.inWorkspace(path, "x");
    it.inWorkspace("dist/out", "2");
    it.inSource("dist/out", "3");
    it.inWorkspace(".env", "A=2\n");
    const edits = [
      { path: ".env", kind: "changed" },
      { path: "keep.log", kind: "added" },
      { path: "src/.gitignore", kind: "added" },
    ];
    expect(await it.changes()).toEqual(edits);
    expect(await it.sync()).toEqual({ applied: [], conflicts: [], workspaceOnly: edits });
    expect(it.readWorkspace("dist/out")).toBe("2");
    expect((await it.merge()).applied).toEqual(edits);
    expect(existsSync(join(at.source, "src/node_modules"))).toBe(false);
  });

  it("writes into read-only folders and leaves them read-only, also without root's powers", async () => {
    await using at = bench();
    const it = await copied(at);
    chmodSync(join(at.source, "src"), 0o555);
    await it.sync();
    chmodSync(join(at.source, "src"), 0o755);
    it.inSource("src/a", "edited");
    chmodSync(join(at.source, "src"), 0o555);
    if (process.geteuid?.() === 0) execFileSync("chown", ["-R", "65534:65534", at.root]);
    const { signal: _, ...pair } = at.pair;
    const program = `
      const { syncTree } = await import(${JSON.stringify(join(import.meta.dirname, "sync.ts"))});
      const signal = new AbortController().signal;
      console.log(JSON.stringify(await syncTree({ ...${JSON.stringify(pair)}, dryRun: false, signal })));`;
    const output = execFileSync(process.execPath, ["--input-type=module", "-e", program], {
      encoding: "utf8",
      ...(process.geteuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}),
    });
    expect(JSON.parse(output)).toEqual({
      applied: [{ path: "src/a", kind: "changed" }],
      conflicts: [],
      workspaceOnly: [],
    });
    expect(statSync(join(it.workspace, "src")).mode & 0o777).toBe(0o555);
  });

  it("sweeps what a killed sync left behind, and never takes it for a file", async () => {
    await using at = bench();
    const it = await copied(at);
    const rest = "src/.cilo-0123456789ab.tmp";
    it.inWorkspace(rest, "half");
    expect(await it.changes()).toEqual([]);
    it.inSource("src/a", "edited");
    await it.sync();
    expect(existsSync(join(it.workspace, rest))).toBe(false);
  });

  it("does not touch what the rules leave out, nor miss it", async () => {
    await using at = bench();
    mkdirSync(at.source);
    writeFileSync(join(at.source, ".ciloignore"), "cache/\n");
    mkdirSync(join(at.source, "cache"));
    writeFileSync(join(at.source, "cache/x"), "source's");
    const it = await copied(at);
    mkdirSync(join(it.workspace, "cache"));
    it.inWorkspace("cache/x", "workspace's");
    expect(await it.sync()).toEqual(NOTHING);
    expect(await it.merge()).toEqual(NOTHING);
    expect(it.readSource("cache/x")).toBe("source's");
  });

  it("says that there is no record when the baseline is gone, and when it is damaged", async () => {
    await using at = bench();
    const it = await copied(at);
    writeFileSync(
      at.pair.baseline,
      '{"version":1,"paths":["a"],"kinds":"f","numbers":[1],"digests":[""],"targets":[]}',
    );
    await expect(it.sync()).rejects.toMatchObject({ code: "COPY_FAILED" });
    rmSync(at.pair.baseline);
    await expect(it.sync()).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
  });

  it("ends with what came over recorded when it is aborted", async () => {
    await using at = bench();
    mkdirSync(at.source);
    await copied(at);
    for (let index = 0; index < 300; index += 1) writeFileSync(join(at.source, `f${index}`), "x");
    const abort = new AbortController();
    const syncing = syncTree({ ...at.pair, dryRun: false, signal: abort.signal });
    setImmediate(() => abort.abort(new Error("stopped")));
    await expect(syncing).rejects.toThrow("stopped");
    await syncTree({ ...at.pair, dryRun: false });
    expect(contents(at.pair.workspace)).toEqual(contents(at.source));
  });
});

describe("bringing workspace edits into the source", () => {
  it("brings edits, untracked files and removals home", async () => {
    await using at = bench();
    const it = await copied(at);
    it.inWorkspace("src/a", "agent");
    mkdirSync(join(it.workspace, "src/new"));
    it.inWorkspace("src/new/file", "new");
    rmSync(join(it.workspace, "src/b"));
    const wanted = [
      { path: "src/a", kind: "changed" },
      { path: "src/b", kind: "removed" },
      { path: "src/new", kind: "added" },
      { path: "src/new/file", kind: "added" },
    ];
    expect(await it.changes()).toEqual(wanted);
    expect((await it.merge(true)).applied).toEqual(wanted);
    expect((await it.merge()).applied).toEqual(wanted);
    expect(contents(at.source)).toEqual(contents(it.workspace));
    expect(await it.merge()).toEqual(NOTHING);
    expect(await it.changes()).toEqual([]);
  });

  it("leaves what the source edited too, and says so", async () => {
    await using at = bench();
    const it = await copied(at);
    it.inWorkspace("src/a", "agent");
    it.inWorkspace("src/b", "agent");
    it.inSource("src/a", "mine");
    expect(await it.merge()).toEqual({
      applied: [{ path: "src/b", kind: "changed" }],
      conflicts: [{ path: "src/a", kind: "changed" }],
      workspaceOnly: [],
    });
    expect(it.readSource("src/a")).toBe("mine");
  });

  it("gives no setuid bit to a file that a container wrote", async () => {
    await using at = bench();
    const it = await copied(at);
    it.inWorkspace("tool", "#!/bin/sh\n");
    chmodSync(join(it.workspace, "tool"), 0o6755);
    await it.merge();
    expect(lstatSync(join(at.source, "tool")).mode & 0o7777).toBe(0o755);
    expect(await it.merge()).toEqual(NOTHING);
  });
});

describe("a hostile workspace", () => {
  it("cannot have a sync write through a folder that it made a link", async () => {
    await using at = bench();
    const it = await copied(at);
    const outside = join(at.root, "outside");
    mkdirSync(outside);
    writeFileSync(join(outside, "a"), "precious");
    rmSync(join(it.workspace, "src"), { recursive: true });
    symlinkSync(outside, join(it.workspace, "src"));
    it.inSource("src/a", "edited");
    it.inSource("src/new", "new");
    rmSync(join(at.source, "src/b"));
    const result = await it.sync();
    expect(result.applied).toEqual([]);
    expect(result.conflicts.map(({ path }) => path)).toEqual(["src/a", "src/new"]);
    expect(readdirSync(outside)).toEqual(["a"]);
    expect(readFileSync(join(outside, "a"), "utf8")).toBe("precious");
  });

  it("cannot have a sync write to what a file that it made a link leads to", async () => {
    await using at = bench();
    const it = await copied(at);
    const outside = join(at.root, "outside");
    writeFileSync(outside, "precious");
    rmSync(join(it.workspace, "src/a"));
    symlinkSync(outside, join(it.workspace, "src/a"));
    it.inSource("src/a", "edited");
    expect((await it.sync()).conflicts).toEqual([{ path: "src/a", kind: "changed" }]);
    expect(readFileSync(outside, "utf8")).toBe("precious");
  });

  it("cannot have a merge bring in what a link leads to: the link itself comes", async () => {
    await using at = bench();
    const it = await copied(at);
    writeFileSync(join(at.root, "secret"), "secret");
    rmSync(join(it.workspace, "src/a"));
    symlinkSync("../../../secret", join(it.workspace, "src/a"));
    rmSync(join(it.workspace, "top"));
    symlinkSync(at.root, join(it.workspace, "top"));
    await it.merge();
    expect(readlinkSync(join(at.source, "src/a"))).toBe("../../../secret");
    expect(readlinkSync(join(at.source, "top"))).toBe(at.root);
  });

  it("cannot have a merge write through a link of the source", async () => {
    await using at = bench();
    const it = await copied(at);
    const outside = join(at.root, "outside");
    mkdirSync(outside);
    rmSync(join(at.source, "src"), { recursive: true });
    symlinkSync(outside, join(at.source, "src"));
    it.inWorkspace("src/a", "agent");
    it.inWorkspace("src/new", "agent");
    const result = await it.merge();
    expect(result.applied).toEqual([]);
    expect(readdirSync(outside)).toEqual([]);
  });

  it("is not opened where it has a pipe in a file's place", async () => {
    await using at = bench();
    const it = await copied(at);
    rmSync(join(it.workspace, "src/a"));
    execFileSync("mkfifo", [join(it.workspace, "src/a")]);
    it.inSource("src/a", "edited");
    expect((await it.sync()).conflicts).toEqual([{ path: "src/a", kind: "changed" }]);
    expect(signal.aborted).toBe(false);
  });
});
