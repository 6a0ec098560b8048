import { chmodSync, closeSync, mkdirSync, openSync, symlinkSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BaseCode, isCiloError, run } from "@cilo/base";
import type { Difference } from "./compare.ts";
import { type RawPath, native, parentOf, shown, toRaw, under } from "./raw-path.ts";
import { removeTree } from "./remove.ts";
import { openConfined, pump } from "./file-content.ts";
import { byPath, inspect, workspaceEdits } from "./inspect.ts";
import type { Side } from "./transfer-plan.ts";
import type { Change, TreePair } from "./workspace.ts";

export interface DiffRequest extends TreePair {
  readonly signal: AbortSignal;
  /** Where `git`, or else `diff`, is looked for. */
  readonly path: string | undefined;
  readonly color: boolean;
}

export interface TreeDiff {
  /** Unified diff from the source (`a/`) to the workspace (`b/`); empty when nothing was edited. */
  readonly text: string;
  readonly changes: readonly Change[];
  /** Edited in the source too since: `text` shows these against the source as it is now. */
  readonly alsoInSource: readonly string[];
}

/**
 * What was edited in the workspace, as text; uncommitted and untracked files included, `.git` not. Reads only; the two
 * states of the edited files stand beside the workspace while it runs.
 *
 * @throws CiloError `COMMAND_NOT_FOUND` when there is neither git nor diff
 */
export async function diffTree(request: DiffRequest): Promise<TreeDiff> {
  const seen = await inspect(request);
  const { roots } = seen;
  const edited = workspaceEdits(seen);
  const changes = edited.map(({ path, workspaceChange }) => ({
    path: shown(path),
    kind: workspaceChange ?? "changed",
  }));
  const alsoInSource = edited.filter(({ sourceChange }) => sourceChange !== undefined).map(({ path }) => shown(path));
  const text = edited.length === 0 ? "" : await textOf(edited, { roots, request });
  return { text, changes: changes.sort(byPath), alsoInSource: alsoInSource.sort() };
}

interface Staging {
  readonly roots: Readonly<Record<Side, RawPath>>;
  readonly request: DiffRequest;
}

/** Only what differs is set side by side, so that one call shows all and neither program meets a link to follow. */
async function textOf(edited: readonly Difference[], { roots, request }: Staging): Promise<string> {
  const folder = dirname(request.workspace);
  const stage = await mkdtemp(join(folder, ".diff-"));
  try {
    for (const side of ["source", "workspace"] as const) {
      const top = under(toRaw(stage), side === "source" ? "a" : "b");
      mkdirSync(native(top));
      for (const difference of edited) stageOne(difference, { side, top, root: roots[side], signal: request.signal });
    }
    return await compare(stage, request);
  } finally {
    await removeTree(stage, { within: folder, signal: AbortSignal.timeout(CLEAN_UP_MS) });
  }
}

const CLEAN_UP_MS = 60_000;

interface Place {
  readonly side: Side;
  readonly top: RawPath;
  readonly root: RawPath;
  readonly signal: AbortSignal;
}

function stageOne(difference: Difference, { side, top, root, signal }: Place): void {
  const entry = difference[side];
  if (entry === undefined || entry.kind === "folder") return;
  const target = native(under(top, difference.path));
  mkdirSync(native(under(top, parentOf(difference.path))), { recursive: true });
  if (entry.kind === "link") return symlinkSync(native(entry.target ?? ""), target);
  const from = openConfined(root, difference.path);
  if (from === undefined) return;
  try {
    const to = openSync(target, "wx", 0o600);
    try {
      pump(from, to, signal);
    } finally {
      closeSync(to);
    }
    chmodSync(target, (entry.mode & 0o111) === 0 ? 0o600 : 0o700);
  } finally {
    closeSync(from);
  }
}

/** Nothing of the user's configuration takes part, nor of what was edited: no external diff, no filters, no pager. */
const GIT_ARGS = ["diff", "--no-index", "--no-ext-diff", "--no-textconv", "--no-prefix"] as const;

async function compare(stage: string, { path, color, signal }: DiffRequest): Promise<string> {
  const options = { cwd: stage, expect: [0, 1], signal };
  const env = {
    PATH: path,
    LC_ALL: "C",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CEILING_DIRECTORIES: dirname(stage),
  };
  const colored = color ? "--color=always" : "--color=never";
  try {
    return (await run("git", [...GIT_ARGS, colored, "--", "a", "b"], { ...options, env })).stdout;
  } catch (error) {
    if (!isCiloError(error, BaseCode.commandNotFound)) throw error;
    return (
      await run("diff", ["-ruN", "--no-dereference", "--", "a", "b"], { ...options, env: { PATH: path, LC_ALL: "C" } })
    ).stdout;
  }
}
