import type { Difference } from "./compare.ts";
import { type RawPath, depthOf, parentOf } from "./raw-path.ts";
import type { Entry } from "./walk.ts";
import type { Change } from "./workspace.ts";

export type Side = "source" | "workspace";

/** One path to bring from one side to the other. */
export interface Transfer {
  readonly path: RawPath;
  readonly kind: Change["kind"];
  /** What it shall be; `undefined`: gone. */
  readonly from: Entry | undefined;
  /** What stands there; it must still do when it is replaced. */
  readonly to: Entry | undefined;
}

export interface TransferPlan {
  /** In the order to be done: removals from the deepest up, then the rest from the top down. */
  readonly transfers: readonly Transfer[];
  readonly conflicts: readonly Transfer[];
  /** Changed on the receiving side alone. */
  readonly receiverOnly: readonly Change[];
  /** Folders that are gone on the giving side and still needed on the receiving one. */
  readonly kept: readonly RawPath[];
}

export interface PlanInput {
  readonly differences: readonly Difference[];
  readonly receiver: Side;
  /** All that stands on the receiving side. */
  readonly standing: ReadonlyMap<RawPath, Entry>;
}

/** Decides what can come over without losing an edit of the receiving side. */
export function planTransfers({ differences, receiver, standing }: PlanInput): TransferPlan {
  const giver: Side = receiver === "source" ? "workspace" : "source";
  const wanted = new Map<RawPath, Transfer>();
  const conflicts: Transfer[] = [];
  const receiverOnly: { path: RawPath; kind: Change["kind"] }[] = [];
  for (const difference of differences) {
    const [given, own] = [changeOn(difference, giver), changeOn(difference, receiver)];
    const transfer = { path: difference.path, from: difference[giver], to: difference[receiver] };
    if (given === undefined) receiverOnly.push({ path: difference.path, kind: own ?? "changed" });
    else if (own === undefined) wanted.set(difference.path, { ...transfer, kind: given });
    else conflicts.push({ ...transfer, kind: given });
  }
  const { possible, impossible, kept } = withoutBlocked(wanted, standing);
  return { transfers: inOrder(possible), conflicts: [...conflicts, ...impossible], receiverOnly, kept };
}

function changeOn(difference: Difference, side: Side): Change["kind"] | undefined {
  return side === "source" ? difference.sourceChange : difference.workspaceChange;
}

/** Takes out what cannot be done because of what stays on the receiving side. */
function withoutBlocked(wanted: ReadonlyMap<RawPath, Transfer>, standing: ReadonlyMap<RawPath, Entry>) {
  const needed = foldersNeeded(wanted, standing);
  const [possible, impossible, kept]: [Map<RawPath, Transfer>, Transfer[], RawPath[]] = [new Map(), [], []];
  for (const transfer of [...wanted.values()].sort((a, b) => depthOf(a.path) - depthOf(b.path))) {
    const takesFolderAway = transfer.to?.kind === "folder" && transfer.from?.kind !== "folder";
    if (takesFolderAway && needed.has(transfer.path)) {
      if (transfer.from === undefined) kept.push(transfer.path);
      else impossible.push(transfer);
    } else if (transfer.from !== undefined && !hasFolder(parentOf(transfer.path), possible, standing)) {
      impossible.push(transfer);
    } else {
      possible.set(transfer.path, transfer);
    }
  }
  return { possible, impossible, kept };
}

/** Folders of the receiving side with something in them that stays. */
function foldersNeeded(
  wanted: ReadonlyMap<RawPath, Transfer>,
  standing: ReadonlyMap<RawPath, Entry>,
): ReadonlySet<RawPath> {
  const needed = new Set<RawPath>();
  const removals = [...wanted.values()].filter(({ from, to }) => to?.kind === "folder" && from?.kind !== "folder");
  if (removals.length === 0) return needed;
  for (const [path, entry] of standing) {
    const transfer = wanted.get(path);
    const goes = transfer !== undefined && (transfer.from === undefined || entry.kind !== transfer.from.kind);
    if (goes) continue;
    for (let folder = parentOf(path); folder !== "" && !needed.has(folder); folder = parentOf(folder))
      needed.add(folder);
  }
  return needed;
}

/** Whether the receiving side has a real folder there once the parents' transfers are done. */
function hasFolder(
  path: RawPath,
  possible: ReadonlyMap<RawPath, Transfer>,
  standing: ReadonlyMap<RawPath, Entry>,
): boolean {
  if (path === "") return true;
  const transfer = possible.get(path);
  return (transfer === undefined ? standing.get(path) : transfer.from)?.kind === "folder";
}

function inOrder(possible: ReadonlyMap<RawPath, Transfer>): Transfer[] {
  const byDepth = [...possible.values()].sort((a, b) => depthOf(a.path) - depthOf(b.path));
  const removals = byDepth.filter(({ from }) => from === undefined).reverse();
  return [...removals, ...byDepth.filter(({ from }) => from !== undefined)];
}
