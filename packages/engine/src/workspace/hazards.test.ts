import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { delay } from "@cilo/base";
import { mergeTree, syncTree } from "./sync.ts";
import { type Bench, bench, contents, signal, snapshot } from "./testing/trees.ts";
import { transfer } from "./transfer.ts";
import { entryAt } from "./walk.ts";

const LONG = process.env["CILO_TEST_LONG"] === "1";
const isRoot = process.geteuid?.() === 0;

function fill(folder: string, files: number, size = 3000): void {
  for (let index = 0; index < files; index += 1) {
    const place = join(folder, `p${index % 40}`, `q${index % 7}`);
    if (index < 280) mkdirSync(place, { recursive: true });
    writeFileSync(join(place, `f${index}.js`), `${index}`.padEnd(size, "x"));
  }
}

/** A module that does one thing with the bench's trees, in a process of its own. */
function program(at: Bench, body: string): string[] {
  const { signal: _, ...pair } = at.pair;
  const from = (file: string): string => JSON.stringify(join(import.meta.dirname, file));
  const text = `
    const { copyTree } = await import(${from("copy.ts")});
    const { syncTree } = await import(${from("sync.ts")});
    const pair = { ...${JSON.stringify(pair)}, signal: new AbortController().signal };
    const copy = (more = {}) => copyTree({ ...pair, ...more });
    const sync = () => syncTree({ ...pair, dryRun: false });
    ${body}`;
  return ["--input-type=module", "-e", text];
}

/** Does something to the trees over and over, as fast as it can, until disposed. */
async function meanwhile(body: string): Promise<AsyncDisposable> {
  const text = `const fs = require("node:fs"); console.log("going"); for (let n = 0; ; n++) { try { ${body} } catch {} }`;
  const child = spawn(process.execPath, ["-e", text], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return { [Symbol.asyncDispose]: () => killed(child) };
}

async function killed(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

describe("copying when things go wrong", () => {
  it("says that the disk is full, and leaves nothing half-made", async () => {
    await using at = bench();
    fill(at.source, 600, 10_000);
    mkdirSync(join(at.root, "env"));
    const args = program(
      at,
      `await copy().catch((error) => console.log(error.code, error.hint));
      console.log(JSON.stringify((await import("node:fs")).readdirSync(${JSON.stringify(join(at.root, "env"))})));`,
    );
    // A small filesystem that only this process sees.
    const small = `mount -t tmpfs -o size=2M none "$1" && shift && exec "$@"`;
    const output = execFileSync(
      "unshare",
      [isRoot ? "-m" : "-Urm", "sh", "-c", small, "sh", join(at.root, "env"), process.execPath, ...args],
      {
        encoding: "utf8",
      },
    );
    expect(output).toBe("DISK_FULL Make room, or leave folders out with a .ciloignore file\n[]\n");
  });

  it("reports files and folders that may not be read, and copies the rest", async () => {
    await using at = bench();
    mkdirSync(join(at.source, "closed"), { recursive: true });
    for (const name of ["open", "closed/file", "secret"]) writeFileSync(join(at.source, name), name);
    chmodSync(join(at.source, "secret"), 0o000);
    chmodSync(join(at.source, "closed"), 0o000);
    if (isRoot) execFileSync("chown", ["-R", "65534:65534", at.root]);
    const output = execFileSync(process.execPath, program(at, `console.log(JSON.stringify(await copy()))`), {
      encoding: "utf8",
      ...(isRoot ? { uid: 65534, gid: 65534 } : {}),
    });
    expect(JSON.parse(output)).toMatchObject({
      files: 1,
      leftOut: [
        { path: "closed", reason: "the folder cannot be read" },
        { path: "secret", reason: "the file cannot be read" },
      ],
    });
    chmodSync(join(at.source, "closed"), 0o700);
  });

  it("does not mind files that change, come and go while it runs, and a sync brings the rest", async () => {
    await using at = bench();
    fill(at.source, 1200);
    {
      await using _ = await meanwhile(`
        const file = ${JSON.stringify(at.source)} + "/p" + (n % 40) + "/q" + (n % 7) + "/f" + (n % 1200) + ".js";
        if (n % 3 === 0) fs.appendFileSync(file, "more"); else if (n % 3 === 1) fs.rmSync(file); else fs.writeFileSync(file, "new");`);
      await at.copy();
    }
    expect((await syncTree({ ...at.pair, dryRun: false })).conflicts).toEqual([]);
    expect(contents(at.pair.workspace)).toEqual(contents(at.source));
  });

  it("starts over cleanly after being killed at any point", async () => {
    await using at = bench();
    fill(at.source, 1000);
    const before = snapshot(at.source);
    for (let round = 0; round < (LONG ? 60 : 6); round += 1) {
      rmSync(join(at.root, "env"), { recursive: true, force: true });
      const child = spawn(process.execPath, program(at, `await copy()`), { stdio: "ignore" });
      const ended = once(child, "exit");
      // Not a wait for a condition: the moment of death is what is drawn.
      await delay(100 + round * (LONG ? 5 : 50), signal);
      child.kill("SIGKILL");
      await ended;
      if (!existsSync(at.pair.workspace)) await at.copy();
      expect(contents(at.pair.workspace)).toEqual(contents(at.source));
      expect(existsSync(`${at.pair.workspace}.partial`)).toBe(false);
      expect(await syncTree({ ...at.pair, dryRun: false })).toEqual({ applied: [], conflicts: [], workspaceOnly: [] });
    }
    expect(snapshot(at.source)).toEqual(before);
  });

  it("goes on with a sync that was killed at any point, without a conflict", async () => {
    await using at = bench();
    fill(at.source, 400);
    await at.copy();
    for (let round = 0; round < (LONG ? 60 : 5); round += 1) {
      for (let index = 0; index < 400; index += 1)
        appendFileSync(join(at.source, `p${index % 40}/q${index % 7}/f${index}.js`), "more");
      const child = spawn(process.execPath, program(at, `await sync()`), { stdio: "ignore" });
      const ended = once(child, "exit");
      await delay(100 + round * (LONG ? 3 : 30), signal);
      child.kill("SIGKILL");
      await ended;
      expect((await syncTree({ ...at.pair, dryRun: false })).conflicts).toEqual([]);
      expect(contents(at.pair.workspace)).toEqual(contents(at.source));
    }
  });
});

describe("a side that changes while it is written to", () => {
  it("is left as it is where it is no longer what was looked at", async () => {
    await using at = bench();
    fill(at.source, 1);
    await at.copy();
    const path = "p0/q0/f0.js";
    const entry = (root: string) => entryAt(join(root, path));
    const item = { path, kind: "changed" as const, from: entry(at.source), to: entry(at.pair.workspace) };
    const roots = { giver: at.source, receiver: at.pair.workspace, modeMask: 0o7777, signal };
    writeFileSync(join(at.pair.workspace, path), "edited just now");
    expect(transfer(item, roots)).toEqual({ state: "blocked" });
    expect(readFileSync(join(at.pair.workspace, path), "utf8")).toBe("edited just now");
    expect(transfer({ ...item, to: undefined }, roots)).toEqual({ state: "blocked" });
    expect(readdirSync(join(at.pair.workspace, "p0/q0"))).toEqual(["f0.js"]);
  });

  it("never leads a sync or a merge out of the tree, however often a folder becomes a link", async () => {
    await using at = bench();
    const outside = join(at.root, "outside");
    mkdirSync(join(at.source, "src"), { recursive: true });
    mkdirSync(outside);
    writeFileSync(join(outside, "secret"), "secret");
    for (let index = 0; index < 30; index += 1) writeFileSync(join(at.source, `src/f${index}`), "0");
    await at.copy();
    const [folder, aside] = [join(at.pair.workspace, "src"), join(at.pair.workspace, "aside")].map((path) =>
      JSON.stringify(path),
    );
    symlinkSync(outside, join(at.root, "link"));
    {
      await using _ = await meanwhile(`
        fs.renameSync(${folder}, ${aside}); fs.symlinkSync(${JSON.stringify(outside)}, ${folder});
        fs.unlinkSync(${folder}); fs.renameSync(${aside}, ${folder});`);
      for (let round = 0; round < (LONG ? 400 : 40); round += 1) {
        for (let index = 0; index < 30; index += 1) writeFileSync(join(at.source, `src/f${index}`), `${round}`);
        writeFileSync(join(at.source, "src/secret"), `${round}`);
        await syncTree({ ...at.pair, dryRun: false });
        await mergeTree({ ...at.pair, dryRun: true });
      }
    }
    expect(readdirSync(outside)).toEqual(["secret"]);
    expect(readFileSync(join(outside, "secret"), "utf8")).toBe("secret");
  });
});

describe("a tree of 20,000 files", () => {
  it("is copied whole, and is found unchanged without being read", async () => {
    await using at = bench();
    fill(at.source, 20_000, 500);
    const result = await at.copy();
    expect(result.files).toBe(20_000);
    expect(contents(at.pair.workspace)).toEqual(contents(at.source));
    expect(await syncTree({ ...at.pair, dryRun: false })).toEqual({ applied: [], conflicts: [], workspaceOnly: [] });
  }, 300_000);
});
