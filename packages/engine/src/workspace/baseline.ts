import * as z from "zod/mini";
import { CiloError, readFileIfThere, writeFileAtomic } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import type { Digest } from "./digest.ts";
import type { RawPath } from "./raw-path.ts";
import type { Entry, Kind } from "./walk.ts";

/** What something looked like on both sides when they were last the same (for a rendered file: when it was rendered). */
export interface BaseEntry {
  readonly source: Entry;
  readonly workspace: Entry;
  /** Of a file's content on both sides. Absent: not known. They differ where the workspace's was made from the source's. */
  readonly digests?: Digests;
}

export interface Digests {
  readonly source: Digest;
  readonly workspace: Digest;
}

/** Whether the workspace's content was made from the source's (tokens filled in) and is not the same. */
export function isRendered(entry: BaseEntry | undefined): boolean {
  return entry?.digests !== undefined && entry.digests.source !== entry.digests.workspace;
}

/** By path, in no particular order. `.git` folders are not in it. */
export type Baseline = Map<RawPath, BaseEntry>;

/**
 * Column by column, which is read three times as fast as an object per entry: 20,000 entries in some 30 ms. `kinds` is
 * a letter for each path; `numbers` are mode, size, mtime and ctime (ms) of the source, then of the workspace, for each;
 * a digest is `""` where it is not known and `source/workspace` where they differ; `targets` are of the links, in order.
 */
const BaselineFile = z.object({
  version: z.literal(1),
  paths: columnOf((value) => typeof value === "string"),
  kinds: z.string().check(z.regex(/^[fdl]*$/)),
  numbers: columnOf((value) => typeof value === "number"),
  digests: columnOf((value) => typeof value === "string"),
  targets: columnOf((value) => typeof value === "string"),
});
type BaselineFile = z.infer<typeof BaselineFile>;

/** `z.array()` costs 50 ms on these columns, one pass 2 ms. */
function columnOf<T>(isCell: (value: unknown) => value is T) {
  return z.custom<T[]>((value) => Array.isArray(value) && value.every(isCell));
}

/** Records the baseline, whole or not at all. */
export async function writeBaseline(path: string, baseline: Baseline): Promise<void> {
  const file: BaselineFile = { version: 1, paths: [], kinds: "", numbers: [], digests: [], targets: [] };
  const kinds: string[] = [];
  for (const [name, { source, workspace, digests }] of baseline) {
    file.paths.push(name);
    kinds.push(LETTERS[source.kind]);
    file.numbers.push(source.mode, source.size, source.mtimeMs, source.ctimeMs);
    file.numbers.push(workspace.mode, workspace.size, workspace.mtimeMs, workspace.ctimeMs);
    file.digests.push(digestField(digests));
    if (source.kind === "link") file.targets.push(source.target ?? "");
  }
  await writeFileAtomic(path, JSON.stringify({ ...file, kinds: kinds.join("") }));
}

/**
 * The recorded baseline.
 * @throws CiloError `FILE_NOT_FOUND` when there is none, `COPY_FAILED` when it is damaged
 */
export async function readBaseline(path: string): Promise<Baseline> {
  const text = await readFileIfThere(path);
  if (text === undefined)
    throw new CiloError(EngineCode.fileNotFound, `there is no record of what was copied at ${path}`);
  try {
    return entriesOf(BaselineFile.parse(JSON.parse(text)));
  } catch (cause) {
    throw new CiloError(EngineCode.copyFailed, `the record of what was copied is damaged: ${path}`, {
      cause,
      hint: "Save what you edited in the workspace, then destroy and create the environment again",
    });
  }
}

const LETTERS: Readonly<Record<Kind, string>> = { file: "f", folder: "d", link: "l" };
const KINDS: ReadonlyMap<string, Kind> = new Map([
  ["f", "file"],
  ["d", "folder"],
  ["l", "link"],
]);
const NUMBERS = 8;

function entriesOf(file: BaselineFile): Baseline {
  const { paths, kinds, numbers, digests, targets } = file;
  if (kinds.length !== paths.length || digests.length !== paths.length || numbers.length !== paths.length * NUMBERS) {
    throw new Error("its columns differ in length");
  }
  const baseline: Baseline = new Map();
  const links = targets.values();
  for (const [index, path] of paths.entries()) {
    const kind = KINDS.get(kinds.charAt(index)) ?? "file";
    const target = kind === "link" ? { target: links.next().value ?? "" } : undefined;
    const source = entryFrom(numbers, { index: index * NUMBERS, kind, target });
    const workspace = entryFrom(numbers, { index: index * NUMBERS + 4, kind, target });
    const known = digestsFrom(digests[index] ?? "");
    baseline.set(path, known === undefined ? { source, workspace } : { source, workspace, digests: known });
  }
  return baseline;
}

function entryFrom(
  numbers: readonly number[],
  { index, kind, target }: { index: number; kind: Kind; target: { target: RawPath } | undefined },
): Entry {
  const [mode = 0, size = 0] = [numbers[index], numbers[index + 1]];
  const [mtimeMs = 0, ctimeMs = 0] = [numbers[index + 2], numbers[index + 3]];
  return { kind, mode, size, mtimeMs, ctimeMs, ...target };
}

function digestField(digests: Digests | undefined): string {
  if (digests === undefined) return "";
  return digests.source === digests.workspace ? digests.source : `${digests.source}/${digests.workspace}`;
}

function digestsFrom(field: string): Digests | undefined {
  if (field === "") return undefined;
  const [source = "", workspace = source] = field.split("/");
  return { source, workspace };
}
