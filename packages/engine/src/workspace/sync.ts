import { CiloError, isErrno } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import { type Baseline, type Digests, isRendered, writeBaseline } from "./baseline.ts";
import { type Digest, digestOf } from "./digest.ts";
import { type Inspection, byPath, inspect } from "./inspect.ts";
import { type RawPath, shown } from "./raw-path.ts";
import { type Side, type Transfer, type TransferPlan, planTransfers } from "./transfer-plan.ts";
import { type Done, finishFolders, removeRest, transfer } from "./transfer.ts";
import { type Entry, certain } from "./walk.ts";
import type { Change, SyncRequest, SyncResult } from "./workspace.ts";

export { workspaceChanges } from "./inspect.ts";

/**
 * Brings what changed in the source into the workspace. What was edited on both sides is left in both and reported;
 * the same edit on both sides is none. `.git` does not take part: history moves with git.
 *
 * @throws CiloError `FILE_NOT_FOUND` without a record of the copy or a folder, `DISK_FULL`
 */
export async function syncTree(request: SyncRequest): Promise<SyncResult> {
  const seen = await inspect(request);
  const { differences } = seen.comparison;
  const all = planTransfers({ differences, receiver: "workspace", standing: seen.workspace.entries });
  const generated = new Set(differences.filter(seen.isGenerated).map(({ path }) => path));
  const isWork = ({ path }: { path: RawPath }): boolean => !generated.has(path);
  const plan = { ...all, conflicts: all.conflicts.filter(isWork), receiverOnly: all.receiverOnly.filter(isWork) };
  return await carryOut(plan, { seen, request, receiver: "workspace" });
}

/** As {@link syncTree} the other way round: the workspace's edits come into the source. */
export async function mergeTree(request: SyncRequest): Promise<SyncResult> {
  const seen = await inspect(request);
  const differences = seen.comparison.differences.filter((difference) => !seen.isGenerated(difference));
  const plan = planTransfers({ differences, receiver: "source", standing: seen.source.entries });
  return await carryOut(withoutRendered(plan, seen.base), { seen, request, receiver: "source" });
}

/** A file that was made from the source's (tokens filled in) cannot go back as it is. */
function withoutRendered(plan: TransferPlan, base: Baseline): TransferPlan {
  const isHeld = ({ path }: Transfer): boolean => isRendered(base.get(path));
  return {
    ...plan,
    transfers: plan.transfers.filter((item) => !isHeld(item)),
    conflicts: [...plan.conflicts, ...plan.transfers.filter(isHeld)],
  };
}

interface Carrying {
  readonly seen: Inspection;
  readonly request: SyncRequest;
  readonly receiver: Side;
}

async function carryOut(plan: TransferPlan, carrying: Carrying): Promise<SyncResult> {
  if (carrying.request.dryRun) return resultOf(plan, plan.transfers, { blocked: [], receiver: carrying.receiver });
  const { done, blocked } = await applyAll(plan, carrying);
  return resultOf(
    plan,
    done.map(({ item }) => item),
    { blocked, receiver: carrying.receiver },
  );
}

function resultOf(
  plan: TransferPlan,
  done: readonly Transfer[],
  { blocked, receiver }: { blocked: readonly Transfer[]; receiver: Carrying["receiver"] },
): SyncResult {
  const changes = (items: readonly { path: RawPath; kind: Change["kind"] }[]): Change[] =>
    items.map(({ path, kind }) => ({ path: shown(path), kind })).sort(byPath);
  return {
    applied: changes(done),
    conflicts: changes([...plan.conflicts, ...blocked]),
    workspaceOnly: receiver === "workspace" ? changes(plan.receiverOnly) : [],
  };
}

const YIELD_EVERY = 64;

/** Applies in order and records what was applied, also when it is interrupted. */
async function applyAll(plan: TransferPlan, carrying: Carrying): Promise<{ done: Done[]; blocked: Transfer[] }> {
  const [done, blocked]: [Done[], Transfer[]] = [[], []];
  const roots = rootsOf(carrying);
  try {
    for (const path of carrying.seen[carrying.receiver].rests) removeRest(roots.receiver, path);
    for (const [index, item] of plan.transfers.entries()) {
      carrying.request.signal.throwIfAborted();
      if (index % YIELD_EVERY === YIELD_EVERY - 1) await new Promise((resolve) => setImmediate(resolve));
      const outcome = transfer(item, roots);
      if (outcome.state === "done") done.push({ ...outcome, item });
      else blocked.push(item);
    }
    return { done, blocked };
  } catch (error) {
    throw explained(error, carrying);
  } finally {
    const finished = finishFolders(done, roots);
    await record(finished, { plan, carrying });
  }
}

function rootsOf({ seen, receiver, request }: Carrying) {
  return receiver === "workspace"
    ? { giver: seen.roots.source, receiver: seen.roots.workspace, modeMask: 0o7777, signal: request.signal }
    : // What a container wrote must not become a setuid file of the user's.
      { giver: seen.roots.workspace, receiver: seen.roots.source, modeMask: 0o777, signal: request.signal };
}

/** Brings the record up to date with what was applied, and with what turned out to be the same on both sides. */
async function record(
  done: readonly Done[],
  { plan, carrying }: { plan: TransferPlan; carrying: Carrying },
): Promise<void> {
  const { seen, receiver, request } = carrying;
  const { base } = seen;
  if (done.length === 0 && plan.kept.length === 0 && seen.comparison.stale.length === 0) return;
  for (const { path, source, workspace } of seen.comparison.stale) {
    const known = base.get(path);
    const digests = isRendered(known) ? known?.digests : sameDigests(digestOf(seen.roots.source, path));
    setBase(base, path, { source, workspace, ...(digests === undefined ? {} : { digests }) });
  }
  for (const path of plan.kept) base.delete(path);
  for (const { item, entry, digest } of done) {
    const given = item.from === undefined ? undefined : certain(item.from, seen.startedMs);
    const sides = receiver === "workspace" ? { source: given, workspace: entry } : { source: entry, workspace: given };
    const digests = sameDigests(digest);
    setBase(base, item.path, { ...sides, ...(digests === undefined ? {} : { digests }) });
  }
  await writeBaseline(request.baseline, base);
}

function sameDigests(digest: Digest | undefined): Digests | undefined {
  return digest === undefined ? undefined : { source: digest, workspace: digest };
}

interface Sides {
  readonly source: Entry | undefined;
  readonly workspace: Entry | undefined;
  readonly digests?: Digests;
}

function setBase(base: Baseline, path: RawPath, { source, workspace, digests }: Sides): void {
  if (source === undefined || workspace === undefined) base.delete(path);
  else base.set(path, { source, workspace, ...(digests === undefined ? {} : { digests }) });
}

function explained(error: unknown, { request, receiver }: Carrying): unknown {
  const place = receiver === "workspace" ? request.workspace : request.sourceRoot;
  if (isErrno(error, "ENOSPC", "EDQUOT")) {
    const hint = "Make room and try again: what came over stays";
    return new CiloError(EngineCode.diskFull, `no space left in ${place}`, { cause: error, hint });
  }
  if (isErrno(error, "EACCES", "EPERM", "EROFS")) {
    const hint = `Files that a container wrote may belong to root: sudo chown -R "$(id -u)" -- '${place}'`;
    return new CiloError(EngineCode.copyFailed, `could not write in ${place}`, { cause: error, hint });
  }
  return error;
}
