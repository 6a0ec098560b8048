import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bench, contents, snapshot } from "./testing/trees.ts";

describe("copying a source tree", () => {
  it("keeps modes, times, links, dot folders and empty folders", async () => {
    await using at = bench();
    mkdirSync(join(at.source, ".config/deep/empty"), { recursive: true });
    mkdirSync(join(at.source, "node_modules/.bin"), { recursive: true });
    writeFileSync(join(at.source, ".env"), "SECRET=1\n", { mode: 0o600 });
    writeFileSync(join(at.source, "run.sh"), "#!/bin/sh\n");
    chmodSync(join(at.source, "run.sh"), 0o755);
    writeFileSync(join(at.source, "read-only"), "x", { mode: 0o444 });
    symlinkSync("../../run.sh", join(at.source, "node_modules/.bin/run"));
    symlinkSync("nowhere", join(at.source, "dangling"));
    utimesSync(join(at.source, "run.sh"), 1_600_000_000, 1_600_000_000);
    const result = await at.copy();
    expect(contents(at.pair.workspace)).toEqual(contents(at.source));
    expect(statSync(join(at.pair.workspace, "run.sh")).mtimeMs).toBe(1_600_000_000_000);
    expect(result).toMatchObject({ files: 3, leftOut: [], leaving: [] });
  });

  it("leaves the source bit-identical", async () => {
    await using at = bench();
    mkdirSync(join(at.source, "a/b"), { recursive: true });
    writeFileSync(join(at.source, "a/b/c"), "x".repeat(100_000));
    linkSync(join(at.source, "a/b/c"), join(at.source, "again"));
    symlinkSync("a/b/c", join(at.source, "link"));
    const before = snapshot(at.source);
    await at.copy();
    expect(snapshot(at.source)).toEqual(before);
  });

  it("fills read-only folders and keeps setgid on them", async () => {
    await using at = bench();
    mkdirSync(join(at.source, "locked/inner"), { recursive: true });
    writeFileSync(join(at.source, "locked/inner/file"), "x");
    chmodSync(join(at.source, "locked/inner"), 0o2555);
    chmodSync(join(at.source, "locked"), 0o555);
    await at.copy();
    expect(contents(at.pair.workspace)).toEqual(contents(at.source));
  });

  it("copies a pnpm tree: links between packages stay inside, files hard-linked to a store become own files", async () => {
    await using at = bench();
    const store = join(at.root, "store");
    const virtual = join(at.source, "node_modules/.pnpm/left@1.0.0/node_modules/left");
    mkdirSync(store);
    mkdirSync(virtual, { recursive: true });
    writeFileSync(join(store, "abc"), "module.exports = 1;");
    linkSync(join(store, "abc"), join(virtual, "index.js"));
    symlinkSync(".pnpm/left@1.0.0/node_modules/left", join(at.source, "node_modules/left"));
    await at.copy();
    const copied = join(at.pair.workspace, "node_modules/left/index.js");
    appendFileSync(copied, "// edited");
    expect(readFileSync(join(store, "abc"), "utf8")).toBe("module.exports = 1;");
    expect(readlinkSync(join(at.pair.workspace, "node_modules/left"))).toBe(".pnpm/left@1.0.0/node_modules/left");
    expect(lstatSync(copied).nlink).toBe(1);
  });

  it("keeps hard links within the tree, and none to the source", async () => {
    await using at = bench();
    mkdirSync(at.source);
    writeFileSync(join(at.source, "one"), "x");
    linkSync(join(at.source, "one"), join(at.source, "two"));
    await at.copy();
    const [one, two] = ["one", "two"].map((name) => statSync(join(at.pair.workspace, name)));
    expect(one?.ino).toBe(two?.ino);
    expect(one?.nlink).toBe(2);
    expect(one?.ino).not.toBe(statSync(join(at.source, "one")).ino);
  });

  it("copies names with newlines, quotes, and bytes that are no UTF-8", async () => {
    await using at = bench();
    mkdirSync(at.source);
    const odd = Buffer.concat([Buffer.from(`${at.source}/caf`), Buffer.from([0xe9, 0xff])]);
    mkdirSync(odd);
    writeFileSync(Buffer.concat([odd, Buffer.from("/in\nside")]), "odd");
    writeFileSync(join(at.source, "-rf $(x) 'quoted'\n"), "name");
    writeFileSync(join(at.source, "Grüße 🚀"), "utf8");
    symlinkSync(Buffer.from([0x66, 0xfe]), join(at.source, "to-odd"));
    await at.copy();
    expect(contents(at.pair.workspace)).toEqual(contents(at.source));
  });

  it("tells of sockets, pipes and links that lead out", async () => {
    await using at = bench();
    mkdirSync(at.source);
    execFileSync("mkfifo", [join(at.source, "pipe")]);
    const server = createServer().listen(join(at.source, "sock"));
    symlinkSync("/etc/hostname", join(at.source, "absolute"));
    symlinkSync("../outside", join(at.source, "up"));
    try {
      const result = await at.copy();
      expect(result.leftOut.map(({ path }) => path).sort()).toEqual(["pipe", "sock"]);
      expect(result.leaving.map(({ path }) => path).sort()).toEqual(["absolute", "up"]);
      expect(readdirSync(at.pair.workspace).sort()).toEqual(["absolute", "up"]);
    } finally {
      server.close();
    }
  });

  it("leaves out what .ciloignore and the config say, and nothing else", async () => {
    await using at = bench();
    for (const folder of ["dist", "src/dist", ".cache/x", ".git-like"])
      mkdirSync(join(at.source, folder), { recursive: true });
    for (const file of [
      "dist/a",
      "src/dist/b",
      "src/keep.log",
      "src/drop.log",
      ".cache/x/y",
      ".git-like/z",
      ".gitignore",
    ]) {
      writeFileSync(join(at.source, file), "dist\n");
    }
    writeFileSync(join(at.source, ".ciloignore"), "# built\n/dist/\n*.log\n!keep.log\n");
    await at.copy({ rules: { ignore: [".git-like"], dotDirs: [".cache"] } });
    const copied = [...contents(at.pair.workspace).keys()].sort();
    expect(copied).toEqual(["", ".ciloignore", ".gitignore", "src", "src/dist", "src/dist/b", "src/keep.log"]);
  });

  it("does not copy itself when its home lies in the source", async () => {
    await using at = bench();
    const home = join(at.source, ".cilo-home");
    mkdirSync(join(home, "envs/p/other/workspace"), { recursive: true });
    writeFileSync(join(at.source, "file"), "x");
    const workspace = join(home, "envs/p/dev/workspace");
    await at.copy({ workspace, baseline: join(home, "envs/p/dev/baseline.json"), exclude: [home] });
    expect(readdirSync(workspace)).toEqual(["file"]);
  });

  it("refuses to overwrite a folder that is there", async () => {
    await using at = bench();
    mkdirSync(at.source);
    mkdirSync(at.pair.workspace, { recursive: true });
    writeFileSync(join(at.pair.workspace, "mine"), "x");
    await expect(at.copy()).rejects.toMatchObject({ code: "COPY_FAILED" });
    expect(readdirSync(at.pair.workspace)).toEqual(["mine"]);
  });

  it("removes the rest of a copy that was killed, and starts over", async () => {
    await using at = bench();
    mkdirSync(at.source);
    writeFileSync(join(at.source, "file"), "new");
    mkdirSync(`${at.pair.workspace}.partial/stale`, { recursive: true });
    chmodSync(`${at.pair.workspace}.partial/stale`, 0o500);
    await at.copy();
    expect(readdirSync(at.pair.workspace)).toEqual(["file"]);
    expect(existsSync(`${at.pair.workspace}.partial`)).toBe(false);
  });

  it("leaves nothing when it is aborted midway", async () => {
    await using at = bench();
    mkdirSync(at.source);
    for (let index = 0; index < 1500; index += 1) writeFileSync(join(at.source, `f${index}`), "x".repeat(2000));
    const abort = new AbortController();
    const copying = at.copy({ signal: abort.signal, onProgress: () => abort.abort(new Error("stopped by the user")) });
    await expect(copying).rejects.toThrow("stopped by the user");
    expect(readdirSync(join(at.root, "env"))).toEqual([]);
  });

  it("tells of paths that are too long, and copies the rest", async () => {
    await using at = bench();
    mkdirSync(at.source);
    writeFileSync(join(at.source, "file"), "x");
    execFileSync("perl", ["-e", `chdir $ARGV[0]; for (1..3000) { mkdir "d"; chdir "d" } open(F, ">f")`, at.source]);
    const { leftOut, files } = await at.copy();
    expect(files).toBe(1);
    expect(leftOut.map(({ reason }) => reason)).toEqual(["the path is too long"]);
  });

  it("keeps the holes of a sparse file, and its content", async () => {
    await using at = bench();
    mkdirSync(at.source);
    const image = join(at.source, "disk.img");
    execFileSync("truncate", ["-s", "64M", image]);
    appendFileSync(image, "end");
    await at.copy();
    const copy = join(at.pair.workspace, "disk.img");
    expect(readFileSync(copy).equals(readFileSync(image))).toBe(true);
    expect(statSync(copy).blocks * 512).toBeLessThan(4 * 1024 * 1024);
  });
});
