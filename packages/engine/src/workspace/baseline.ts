import * as z from "zod/mini";
import { CiloError, readFileIfThere, writeFileAtomic } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import type { RawPath } from "./raw-path.ts";
import type { Entry, Kind } from "./walk.ts";

/** What something looked like on both sides when they were last the same (for a rendered file: when it was rendered). */
export interface BaseEntry {
  readonly source: Entry;
  readonly workspace: Entry;
  /** Of both contents, for a file whose content in the workspace was made from the source's and is not the same. */
  readonly digests?: { readonly source: string; readonly workspace: string };
}

/** By path, in no particular order. `.git` folders are not in it. */
export type Baseline = Map<RawPath, BaseEntry>;

/**
 * One line per entry: kind, then mode (octal), size, mtime and ctime (ns) of the source and of the workspace, the path,
 * and after a NUL a link's target. Lines are checked as they are read, 20,000 in some 20 ms.
 */
const BaselineFile = z.object({
  version: z.literal(1),
  entries: z.array(z.string()),
  /** By path: see {@link BaseEntry}. */
  rendered: z.record(z.string(), z.object({ source: z.string(), workspace: z.string() })),
});

/** Records the baseline, whole or not at all. */
export async function writeBaseline(path: string, baseline: Baseline): Promise<void> {
  const entries = Array.from(baseline, ([name, entry]) => lineOf(name, entry));
  const rendered: Record<RawPath, { source: string; workspace: string }> = {};
  for (const [name, { digests }] of baseline) if (digests !== undefined) rendered[name] = digests;
  await writeFileAtomic(path, JSON.stringify({ version: 1, entries, rendered }));
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
    const { entries, rendered } = BaselineFile.parse(JSON.parse(text));
    const baseline: Baseline = new Map(entries.map(parseLine));
    for (const [name, digests] of Object.entries(rendered)) {
      const entry = baseline.get(name);
      if (entry !== undefined) baseline.set(name, { ...entry, digests });
    }
    return baseline;
  } catch (cause) {
    throw new CiloError(EngineCode.copyFailed, `the record of what was copied is damaged: ${path}`, {
      cause,
      hint: "Save what you edited in the workspace, then destroy and create the environment again",
    });
  }
}

const LETTERS: Readonly<Record<Kind, string>> = { file: "f", folder: "d", link: "l" };

function lineOf(path: RawPath, { source, workspace }: BaseEntry): string {
  const links = source.kind === "link" ? `\0${source.target ?? ""}` : "";
  return `${LETTERS[source.kind]} ${numbersOf(source)} ${numbersOf(workspace)} ${path}${links}`;
}

function numbersOf(entry: Entry): string {
  return `${entry.mode.toString(8)} ${entry.size} ${entry.mtimeNs} ${entry.ctimeNs}`;
}

const LINE = /^([fdl]) ([0-7]+) (\d+) (-?\d+) (-?\d+) ([0-7]+) (\d+) (-?\d+) (-?\d+) ([^\0]+)(?:\0([^\0]*))?$/s;

function parseLine(line: string): [RawPath, BaseEntry] {
  const match = LINE.exec(line);
  if (match === null) throw new Error(`a line of it cannot be read: ${line}`);
  const [, letter = "", ...fields] = match;
  const [path, target] = [fields[8] ?? "", fields[9]];
  const kind: Kind = letter === "f" ? "file" : letter === "d" ? "folder" : "link";
  const links = kind === "link" && target !== undefined ? { target } : {};
  return [
    path,
    {
      source: { ...parseEntry(kind, fields), ...links },
      workspace: { ...parseEntry(kind, fields.slice(4)), ...links },
    },
  ];
}

function parseEntry(kind: Kind, [mode = "", size = "", mtime = "", ctime = ""]: readonly string[]): Entry {
  return { kind, mode: Number.parseInt(mode, 8), size: Number(size), mtimeNs: BigInt(mtime), ctimeNs: BigInt(ctime) };
}
