import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { run } from "@cilo/base";
import { type TreePair, copyTree, removeTree, syncTree } from "@cilo/engine";
import { diskIsQuiet, median, timed } from "./measurement.ts";

/** Milliseconds, round by round. */
export interface CopySamples {
  readonly files: number;
  readonly bytes: number;
  /** `copyTree`, its record of the tree included. */
  readonly ours: readonly number[];
  /** One `cp -a`. */
  readonly theirs: readonly number[];
  /** `syncTree` when nothing changed, right after each copy. */
  readonly unchanged: readonly number[];
  /** Median of ours by median of theirs; must be under 1. */
  readonly ratio: number;
}

const FOLDERS = 2000;
const FILES_PER_FOLDER = 10;
const MEAN_BYTES = 25_000;

/** Copies a tree of 20,000 files and 500 MB in both ways, alternating which goes first. Both copies are removed outside of what is measured. */
export async function measureCopy(options: {
  readonly rounds: number;
  readonly signal: AbortSignal;
}): Promise<CopySamples> {
  const { signal } = options;
  const root = await mkdtemp(join(tmpdir(), "cilo-bench-copy-"));
  try {
    const pair = pairIn(root);
    const bytes = await makeTree(pair.sourceRoot);
    const samples = { ours: [] as number[], theirs: [] as number[], unchanged: [] as number[] };
    for (let round = 0; round < options.rounds; round += 1) {
      if (round % 2 === 0) await measureOurs(pair, { samples, signal });
      samples.theirs.push(await measureCp(pair.sourceRoot, { target: join(root, "theirs"), signal }));
      if (round % 2 === 1) await measureOurs(pair, { samples, signal });
    }
    return {
      files: FOLDERS * FILES_PER_FOLDER,
      bytes,
      ...samples,
      ratio: median(samples.ours) / median(samples.theirs),
    };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

function pairIn(root: string): TreePair {
  const rules = { ignore: [], dotDirs: [] };
  const environment = join(root, "ours");
  return {
    sourceRoot: join(root, "source"),
    workspace: join(environment, "workspace"),
    baseline: join(environment, "baseline.json"),
    rules,
  };
}

/** One large file and nine small ones in each folder, three levels down, as in a `node_modules`. */
async function makeTree(root: string): Promise<number> {
  const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7919) % 251));
  let bytes = 0;
  for (let folder = 0; folder < FOLDERS; folder += 1) {
    const path = join(root, `scope-${folder % 40}`, `package-${Math.floor(folder / 40)}`, "lib");
    await mkdir(path, { recursive: true });
    for (let file = 0; file < FILES_PER_FOLDER; file += 1) {
      const size = file === 0 ? MEAN_BYTES * 8 : Math.round((MEAN_BYTES * 2) / 9) + ((folder * 31) % 1000);
      await writeFile(join(path, `file-${file}.js`), content.subarray(folder % 1000, (folder % 1000) + size));
      bytes += size;
    }
  }
  return bytes;
}

interface Measuring {
  readonly samples: { readonly ours: number[]; readonly unchanged: number[] };
  readonly signal: AbortSignal;
}

async function measureOurs(pair: TreePair, { samples, signal }: Measuring): Promise<void> {
  await diskIsQuiet(signal);
  samples.ours.push(await timed(() => copyTree({ ...pair, signal })));
  samples.unchanged.push(await timed(() => syncTree({ ...pair, dryRun: false, signal })));
  const environment = dirname(pair.workspace);
  await removeTree(environment, { within: dirname(environment), signal });
}

async function measureCp(source: string, { target, signal }: { target: string; signal: AbortSignal }): Promise<number> {
  await diskIsQuiet(signal);
  const elapsed = await timed(() =>
    run("cp", ["-a", "--", source, target], { env: { PATH: process.env["PATH"] }, signal }),
  );
  await rm(target, { recursive: true });
  return elapsed;
}

if (import.meta.main) {
  const samples = await measureCopy({ rounds: 10, signal: new AbortController().signal });
  const row = (name: string, values: readonly number[]): string =>
    `${name.padEnd(22)} median ${median(values).toFixed(0)} ms  (${values.map((value) => value.toFixed(0)).join(" ")})`;
  console.log(`${samples.files} files, ${(samples.bytes / 1e6).toFixed(0)} MB`);
  console.log(row("copyTree", samples.ours));
  console.log(row("cp -a", samples.theirs));
  console.log(row("syncTree, unchanged", samples.unchanged));
  console.log(`copyTree / cp -a = ${samples.ratio.toFixed(2)}`);
}
