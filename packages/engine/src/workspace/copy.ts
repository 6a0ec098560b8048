import { copyFileSync, constants, existsSync, rmSync } from "node:fs";
import { mkdir, realpath, rename } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CiloError, isErrno } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import { type Baseline, writeBaseline } from "./baseline.ts";
import { ownGit } from "./git-own.ts";
import { type CopyItem, planGit } from "./git-plan.ts";
import { type Standing, makeEntries } from "./make-entries.ts";
import { leavingLinks } from "./leaving-links.ts";
import { native, toRaw, under } from "./raw-path.ts";
import { removeTree } from "./remove.ts";
import { compileRules } from "./rules.ts";
import { excludedPlaces } from "./tree-pair.ts";
import { type Tree, certain, entryAt, walkTree } from "./walk.ts";
import type { CopyRequest, CopyResult } from "./workspace.ts";

/**
 * Copies the source tree to `workspace`, whole or not at all, and records the baseline. The source is only read. Blocks
 * are shared where the filesystem can (reflink); else several threads copy. docs/adr/0030-copy.md says why so.
 *
 * Keeps modes, times, links as they are, hard links within the tree, holes; as root also owners. Git works in the copy
 * and shares nothing with the source's. The rest of an earlier attempt is removed first.
 *
 * @throws CiloError `COPY_FAILED` when the target is there already or something cannot be copied, `DISK_FULL`,
 * `FILE_NOT_FOUND` when there is no source
 */
export async function copyTree(request: CopyRequest): Promise<CopyResult> {
  const { workspace, signal } = request;
  if (existsSync(workspace)) throw new CiloError(EngineCode.copyFailed, `${workspace} is there already`);
  await mkdir(dirname(workspace), { recursive: true, mode: 0o700 });
  const place = await realpath(dirname(workspace));
  const partial = join(place, `${basename(workspace)}.partial`);
  await removeTree(partial, { within: place, signal });
  try {
    const result = await fill(partial, request);
    await rename(partial, workspace);
    return result;
  } catch (error) {
    // Whatever ended the copying must not end its clean-up, which is bounded by what was copied.
    await removeTree(partial, { within: place, signal: AbortSignal.timeout(CLEAN_UP_MS) });
    rmSync(request.baseline, { force: true });
    throw explained(error, request);
  }
}

const CLEAN_UP_MS = 60_000;

async function fill(partial: string, request: CopyRequest): Promise<CopyResult> {
  const { signal } = request;
  const sourceRoot = await realSource(request.sourceRoot);
  const root = toRaw(sourceRoot);
  const startedMs = Date.now();
  const tree = walkTree(root, {
    leavesOut: await compileRules(sourceRoot, request.rules),
    exclude: await excludedPlaces(request),
    git: "apart",
    signal,
  });
  const plan = planGit(sourceRoot, tree.gitLinks, signal);
  const items = [...itemsOf(root, tree), ...plan.items];
  await mkdir(partial, { mode: 0o700 });
  const isClone = canClone(items, partial);
  const made = await makeEntries(items, {
    root: toRaw(partial),
    clone: isClone,
    signal,
    beforeModes: () => ownGit(plan, { sourceRoot, workspace: request.workspace, partial }),
    ...(request.onProgress === undefined ? {} : { onProgress: request.onProgress }),
  });
  await writeBaseline(request.baseline, baselineOf(tree, made.workspace, startedMs));
  return {
    files: made.files,
    bytes: made.bytes,
    method: isClone ? "reflink" : "copy",
    leftOut: [...tree.leftOut, ...made.leftOut],
    leaving: leavingLinks(tree.entries),
  };
}

async function realSource(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (cause) {
    throw new CiloError(EngineCode.fileNotFound, `there is no folder ${path}`, { cause });
  }
}

function itemsOf(root: string, tree: Tree): CopyItem[] {
  const top = entryAt(root);
  const items = Array.from(tree.entries, ([path, entry]) => ({ from: under(root, path), to: path, entry }));
  return top === undefined ? items : [{ from: root, to: "", entry: top }, ...items];
}

/** Tries on the first file whether source and copy can share blocks. */
function canClone(items: readonly CopyItem[], partial: string): boolean {
  const sample = items.find(({ entry }) => entry.kind === "file" && entry.size > 0);
  if (sample === undefined) return false;
  const probe = join(partial, ".probe");
  try {
    copyFileSync(native(sample.from), probe, constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(probe, { force: true });
  }
}

function baselineOf(tree: Tree, copies: ReadonlyMap<string, Standing>, startedMs: number): Baseline {
  const baseline: Baseline = new Map();
  for (const [path, source] of tree.entries) {
    const standing = copies.get(path);
    if (standing === undefined) continue;
    const { entry: workspace, digest } = standing;
    const digests = digest === undefined ? {} : { digests: { source: digest, workspace: digest } };
    baseline.set(path, { source: certain(source, startedMs), workspace, ...digests });
  }
  return baseline;
}

function explained(error: unknown, request: CopyRequest): unknown {
  if (isErrno(error, "ENOSPC", "EDQUOT")) {
    return new CiloError(
      EngineCode.diskFull,
      `no space left for a copy of ${request.sourceRoot} in ${dirname(request.workspace)}`,
      {
        cause: error,
        hint: "Make room, or leave folders out with a .ciloignore file",
      },
    );
  }
  if (request.signal.aborted || !(error instanceof Error && "syscall" in error)) return error;
  return new CiloError(EngineCode.copyFailed, `could not copy ${request.sourceRoot}: ${error.message}`, {
    cause: error,
  });
}
