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
 * One line per entry: kind, digest (`-`: not known; `source/workspace` where they differ), then mode (octal), size,
 * mtime and ctime (ns) of the source and of the workspace, the path, and after a NUL a link's target. Lines are checked
 * as they are read, 20,000 in some 30 ms.
 */
const BaselineFile = z.object({ version: z.literal(1), entries: z.array(z.string()) });

/** Records the baseline, whole or not at all. */
export async function writeBaseline(path: string, baseline: Baseline): Promise<void> {
  const entries = Array.from(baseline, ([name, entry]) => lineOf(name, entry));
  await writeFileAtomic(path, JSON.stringify({ version: 1, entries }));
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
    const { entries } = BaselineFile.parse(JSON.parse(text));
    return new Map(entries.map(parseLine));
  } catch (cause) {
    throw new CiloError(EngineCode.copyFailed, `the record of what was copied is damaged: ${path}`, {
      cause,
      hint: "Save what you edited in the workspace, then destroy and create the environment again",
    });
  }
}

const LETTERS: Readonly<Record<Kind, string>> = { file: "f", folder: "d", link: "l" };

function lineOf(path: RawPath, { source, workspace, digests }: BaseEntry): string {
  const target = source.kind === "link" ? `\0${source.target ?? ""}` : "";
  return `${LETTERS[source.kind]} ${digestField(digests)} ${numbersOf(source)} ${numbersOf(workspace)} ${path}${target}`;
}

function digestField(digests: Digests | undefined): string {
  if (digests === undefined) return "-";
  return digests.source === digests.workspace ? digests.source : `${digests.source}/${digests.workspace}`;
}

function numbersOf(entry: Entry): string {
  return `${entry.mode.toString(8)} ${entry.size} ${entry.mtimeNs} ${entry.ctimeNs}`;
}

const DIGESTS = /^(?:-|([0-9a-f]{8})(?:\/([0-9a-f]{8}))?)$/;
const LINE = /^([fdl]) (\S+) ([0-7]+) (\d+) (-?\d+) (-?\d+) ([0-7]+) (\d+) (-?\d+) (-?\d+) ([^\0]+)(?:\0([^\0]*))?$/s;

function parseLine(line: string): [RawPath, BaseEntry] {
  const match = LINE.exec(line);
  if (match === null) throw new Error(`a line of it cannot be read: ${line}`);
  const [, letter = "", digest = "", ...fields] = match;
  const [path, target] = [fields[8] ?? "", fields[9]];
  const kind: Kind = letter === "f" ? "file" : letter === "d" ? "folder" : "link";
  const links = kind === "link" && target !== undefined ? { target } : {};
  const digests = parseDigests(digest);
  return [
    path,
    {
      source: { ...parseEntry(kind, fields), ...links },
      workspace: { ...parseEntry(kind, fields.slice(4)), ...links },
      ...(digests === undefined ? {} : { digests }),
    },
  ];
}

function parseDigests(field: string): Digests | undefined {
  const match = DIGESTS.exec(field);
  if (match === null) throw new Error(`a digest of it cannot be read: ${field}`);
  const [, source, workspace = source] = match;
  return source === undefined || workspace === undefined ? undefined : { source, workspace };
}

function parseEntry(kind: Kind, [mode = "", size = "", mtime = "", ctime = ""]: readonly string[]): Entry {
  return { kind, mode: Number.parseInt(mode, 8), size: Number(size), mtimeNs: BigInt(mtime), ctimeNs: BigInt(ctime) };
}
