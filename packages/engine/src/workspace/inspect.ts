import { realpath } from "node:fs/promises";
import { CiloError, isErrno } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import { type Baseline, readBaseline } from "./baseline.ts";
import { type Comparison, type Difference, compareTrees } from "./compare.ts";
import { digestOf } from "./digest.ts";
import { hasSameContent } from "./file-content.ts";
import { type IsGenerated, generatedIn } from "./generated.ts";
import { type RawPath, shown, toRaw } from "./raw-path.ts";
import { compileRules } from "./rules.ts";
import { excludedPlaces } from "./tree-pair.ts";
import { type Tree, walkTree } from "./walk.ts";
import type { Change, TreePair } from "./workspace.ts";

/** What stands on both sides and how it differs from the record. */
export interface Inspection {
  readonly roots: { readonly source: RawPath; readonly workspace: RawPath };
  readonly base: Baseline;
  /** When the walks began, as ctimes count. */
  readonly startedMs: number;
  readonly source: Tree;
  readonly workspace: Tree;
  readonly comparison: Comparison;
  readonly isGenerated: IsGenerated;
}

/** Walks both sides and compares them with the record. Reads only. */
export async function inspect(pair: TreePair & { readonly signal: AbortSignal }): Promise<Inspection> {
  const [base, startedMs] = [await readBaseline(pair.baseline), Date.now()];
  const [sourceRoot, workspaceRoot] = await Promise.all([realFolder(pair.sourceRoot), realFolder(pair.workspace)]);
  const roots = { source: toRaw(sourceRoot), workspace: toRaw(workspaceRoot) };
  const options = { leavesOut: await compileRules(sourceRoot, pair.rules), git: "apart", signal: pair.signal } as const;
  const source = walkTree(roots.source, { ...options, exclude: await excludedPlaces(pair) });
  const workspace = walkTree(roots.workspace, { ...options, exclude: new Set() });
  const comparison = compareTrees({
    base,
    source: source.entries,
    workspace: workspace.entries,
    hasSameContent: (path) => hasSameContent(path, roots),
    hasBaseContent: (path, side) => {
      const digest = base.get(path)?.digests?.[side];
      return digest === undefined ? undefined : digest === digestOf(roots[side], path);
    },
  });
  const isGenerated = generatedIn(roots.workspace, workspace.entries);
  return { roots, base, startedMs, source, workspace, comparison, isGenerated };
}

async function realFolder(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (cause) {
    if (!isErrno(cause, "ENOENT", "ENOTDIR")) throw cause;
    throw new CiloError(EngineCode.fileNotFound, `there is no folder ${path}`, { cause });
  }
}

/** What was edited in the workspace since it was copied or last synced, committed or not. */
export async function workspaceChanges(pair: TreePair & { readonly signal: AbortSignal }): Promise<Change[]> {
  return workspaceEdits(await inspect(pair))
    .map(({ path, workspaceChange }) => ({ path: shown(path), kind: workspaceChange ?? "changed" }))
    .sort(byPath);
}

/** The differences that are edits of the workspace. */
export function workspaceEdits({ comparison, isGenerated }: Inspection): Difference[] {
  return comparison.differences.filter(
    (difference) => difference.workspaceChange !== undefined && !isGenerated(difference),
  );
}

/** Order of changes in answers. */
export function byPath(a: Change, b: Change): number {
  return a.path < b.path ? -1 : Number(a.path > b.path);
}
