import fc from "fast-check";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  readFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { diffTree } from "./diff.ts";
import { workspaceChanges } from "./inspect.ts";
import { mergeTree, syncTree } from "./sync.ts";
import { type Bench, bench, contents, snapshot } from "./testing/trees.ts";

const RUNS = process.env["CILO_TEST_LONG"] === "1" ? 2000 : 60;

/** Few names, so that edits of both sides meet. */
const name = fc.constantFrom("a", "b", "c");
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
const edit = fc.oneof(
  fc.record({ do: fc.constant("write" as const), path, text: fc.constantFrom("", "x", "y", "zz") }),
  fc.record({ do: fc.constant("folder" as const), path }),
  fc.record({
    do: fc.constant("link" as const),
    path,
    target: fc.constantFrom("a", "../b", "/nowhere", "../../../outside"),
  }),
  fc.record({ do: fc.constant("remove" as const), path }),
  fc.record({ do: fc.constant("mode" as const), path, mode: fc.constantFrom(0o644, 0o755, 0o600) }),
);
type Edit = typeof edit extends fc.Arbitrary<infer E> ? E : never;
const edits = fc.array(edit, { maxLength: 8 });

/** Does what a user could; what cannot be done is not done. */
function apply(root: string, todo: readonly Edit[]): void {
  for (const one of todo) {
    const full = join(root, one.path);
    if (!isRealFolder(root, dirname(one.path))) continue;
    const standing = lstatSync(full, { throwIfNoEntry: false });
    if (one.do === "mode") {
      if (standing?.isFile() === true) chmodSync(full, one.mode);
      continue;
    }
    if (one.do === "write" && standing?.isFile() === true) {
      writeFileSync(full, one.text);
      continue;
    }
    if (one.do === "folder" && standing?.isDirectory() === true) continue;
    rmSync(full, { recursive: true, force: true });
    if (one.do === "write") writeFileSync(full, one.text);
    if (one.do === "folder") mkdirSync(full);
    if (one.do === "link") symlinkSync(one.target, full);
  }
}

function isRealFolder(root: string, folder: string): boolean {
  const parts = folder === "." ? [] : folder.split("/");
  return parts.every((_, index) =>
    lstatSync(join(root, ...parts.slice(0, index + 1)), { throwIfNoEntry: false })?.isDirectory(),
  );
}

async function started(at: Bench, initial: readonly Edit[]): Promise<void> {
  mkdirSync(at.source);
  mkdirSync(join(at.root, "outside"));
  writeFileSync(join(at.root, "outside/a"), "precious");
  apply(at.source, initial);
  await at.copy();
}

/** What a file's or link's holder would miss. */
function valueAt(root: string, file: string): string | undefined {
  const full = join(root, file);
  const stats = lstatSync(full, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  if (stats.isSymbolicLink()) return `link ${readlinkSync(full)}`;
  return stats.isDirectory() ? "folder" : `file ${stats.mode & 0o777} ${readFileSync(full, "utf8")}`;
}

/** Every file and link by path. */
function values(root: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const file of contents(root).keys()) {
    const value = valueAt(root, file);
    if (value !== undefined && value !== "folder") found.set(file, value);
  }
  return found;
}

/** Paths that differ, removed ones included. */
function editedPaths(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((file) => before.get(file) !== after.get(file));
}

describe("for any tree and any edits on both sides", () => {
  it.each(["sync", "merge"] as const)("%s loses no edit of the side it writes to, and converges", async (direction) => {
    await fc.assert(
      fc.asyncProperty(edits, edits, edits, async (initial, inSource, inWorkspace) => {
        await using at = bench();
        await started(at, initial);
        const [giver, receiver] =
          direction === "sync" ? [at.source, at.pair.workspace] : [at.pair.workspace, at.source];
        const base = values(at.source);
        apply(at.source, inSource);
        apply(at.pair.workspace, inWorkspace);
        const own = editedPaths(base, values(receiver)).map((file) => [file, valueAt(receiver, file)] as const);
        const giverBefore = snapshot(giver);
        const planned = await (direction === "sync" ? syncTree : mergeTree)({ ...at.pair, dryRun: true });
        const done = await (direction === "sync" ? syncTree : mergeTree)({ ...at.pair, dryRun: false });
        expect(done).toEqual(planned);
        for (const [file, value] of own) expect([file, valueAt(receiver, file)]).toEqual([file, value]);
        expect(snapshot(giver)).toEqual(giverBefore);
        const again = await (direction === "sync" ? syncTree : mergeTree)({ ...at.pair, dryRun: false });
        expect({ ...again, workspaceOnly: [] }).toEqual({ applied: [], conflicts: done.conflicts, workspaceOnly: [] });
        expect(readFileSync(join(at.root, "outside/a"), "utf8")).toBe("precious");
      }),
      { numRuns: RUNS, seed: 20261123 },
    );
  });

  it("brings everything over where only one side was edited", async () => {
    await fc.assert(
      fc.asyncProperty(edits, edits, fc.boolean(), async (initial, todo, isSource) => {
        await using at = bench();
        await started(at, initial);
        apply(isSource ? at.source : at.pair.workspace, todo);
        const { conflicts } = await (isSource ? syncTree : mergeTree)({ ...at.pair, dryRun: false });
        expect(conflicts).toEqual([]);
        expect(contents(at.pair.workspace)).toEqual(contents(at.source));
      }),
      { numRuns: RUNS, seed: 20261124 },
    );
  });

  it("leaves the source bit-identical when it is copied, compared and shown", async () => {
    await fc.assert(
      fc.asyncProperty(edits, edits, async (initial, inWorkspace) => {
        await using at = bench();
        mkdirSync(at.source);
        apply(at.source, initial);
        const before = snapshot(at.source);
        await at.copy();
        expect(contents(at.pair.workspace)).toEqual(contents(at.source));
        apply(at.pair.workspace, inWorkspace);
        const changes = await workspaceChanges(at.pair);
        expect((await diffTree({ ...at.pair, path: process.env["PATH"], color: false })).changes).toEqual(changes);
        expect(snapshot(at.source)).toEqual(before);
      }),
      { numRuns: RUNS / 2, seed: 20261125 },
    );
  });
});
