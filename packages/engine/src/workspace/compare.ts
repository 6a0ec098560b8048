import { type BaseEntry, type Baseline, isRendered } from "./baseline.ts";
import type { RawPath } from "./raw-path.ts";
import type { Entry } from "./walk.ts";
import type { Change } from "./workspace.ts";

/** A path that is not as it was on at least one side. */
export interface Difference {
  readonly path: RawPath;
  readonly base: BaseEntry | undefined;
  readonly source: Entry | undefined;
  readonly workspace: Entry | undefined;
  /** What became of it on each side since the baseline; `undefined`: nothing. */
  readonly sourceChange: Change["kind"] | undefined;
  readonly workspaceChange: Change["kind"] | undefined;
}

export interface Comparison {
  readonly differences: readonly Difference[];
  /** Both sides mean the same but the record is out of date: touched files, the same edit on both sides. */
  readonly stale: readonly Pick<Difference, "path" | "source" | "workspace">[];
}

export interface CompareInput {
  readonly base: Baseline;
  readonly source: ReadonlyMap<RawPath, Entry>;
  readonly workspace: ReadonlyMap<RawPath, Entry>;
  /** Compares the two sides' files byte by byte; asked only where times and sizes leave it open. */
  readonly hasSameContent: (path: RawPath) => boolean;
  /** Whether a side's file still has the content whose digest the baseline has; `undefined`: it has none. */
  readonly hasBaseContent: (path: RawPath, side: "source" | "workspace") => boolean | undefined;
}

/**
 * Three-way comparison. A file with its recorded size, mode and times is unchanged and not opened, so a tree where
 * nothing happened costs two walks.
 */
export function compareTrees(input: CompareInput): Comparison {
  const differences: Difference[] = [];
  const stale: Pick<Difference, "path" | "source" | "workspace">[] = [];
  for (const path of allPaths(input)) {
    const [base, source, workspace] = [input.base.get(path), input.source.get(path), input.workspace.get(path)];
    const seen = { source: stateOf(base?.source, source), workspace: stateOf(base?.workspace, workspace) };
    if (seen.source === "same" && seen.workspace === "same") continue;
    const found = settle({ path, base, source, workspace }, seen, input);
    if (found === "stale") stale.push({ path, source, workspace });
    else differences.push(found);
  }
  return { differences, stale };
}

function* allPaths(input: CompareInput): Generator<RawPath> {
  yield* input.base.keys();
  for (const path of input.source.keys()) if (!input.base.has(path)) yield path;
  for (const path of input.workspace.keys()) if (!input.base.has(path) && !input.source.has(path)) yield path;
}

/** `touched`: a file of the same size and mode with other times; only its content can tell. */
type State = "same" | "touched" | Change["kind"];

function stateOf(base: Entry | undefined, now: Entry | undefined): State {
  if (base === undefined) return now === undefined ? "same" : "added";
  if (now === undefined) return "removed";
  if (base.kind !== now.kind) return "changed";
  if (now.kind === "link") return base.target === now.target ? "same" : "changed";
  if (base.mode !== now.mode) return "changed";
  if (now.kind === "folder") return "same";
  if (base.size !== now.size) return "changed";
  return base.mtimeMs === now.mtimeMs && base.ctimeMs === now.ctimeMs ? "same" : "touched";
}

type Paths = Pick<Difference, "path" | "base" | "source" | "workspace">;
interface States {
  readonly source: State;
  readonly workspace: State;
}

function settle(paths: Paths, seen: States, input: CompareInput): Difference | "stale" {
  const known = {
    source: settleByDigest(paths, "source", { seen, input }),
    workspace: settleByDigest(paths, "workspace", { seen, input }),
  };
  const isOpen = known.source === "touched" || known.workspace === "touched";
  if (known.source === "same" && known.workspace === "same") return "stale";
  const bothMoved = known.source !== "same" && known.workspace !== "same";
  if ((isOpen || bothMoved) && !isRendered(paths.base) && meansSame(paths, input)) return "stale";
  return {
    ...paths,
    sourceChange: changeOf(known.source),
    workspaceChange: changeOf(known.workspace),
  };
}

function settleByDigest(
  { path }: Paths,
  side: "source" | "workspace",
  { seen, input }: { seen: States; input: CompareInput },
): State {
  if (seen[side] !== "touched") return seen[side];
  const isBase = input.hasBaseContent(path, side);
  if (isBase === undefined) return "touched";
  return isBase ? "same" : "changed";
}

/** A touched file that could not be shown to be as it was counts as changed: an edit is never lost for a doubt. */
function changeOf(state: State): Change["kind"] | undefined {
  if (state === "same") return undefined;
  return state === "touched" ? "changed" : state;
}

function meansSame({ path, source, workspace }: Paths, input: CompareInput): boolean {
  if (source === undefined || workspace === undefined) return source === workspace;
  if (source.kind !== workspace.kind) return false;
  if (source.kind === "folder") return true;
  if (source.kind === "link") return source.target === workspace.target;
  return source.mode === workspace.mode && source.size === workspace.size && input.hasSameContent(path);
}
