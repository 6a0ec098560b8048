import { run } from "@cilo/base";
import { type BenchHome, benchHome } from "./bench-home.ts";
import { type BenchOptions, type Contender, type Measurement, compare } from "./measurement.ts";
import { oneService } from "../test/e2e/support/projects.ts";

const environments = 50;
/** Starts are short and noisy: each round is the mean of this many. */
const startsPerRound = 5;

/** `cilo --version` and `cilo list` with 50 running environments, against the start of Node alone. */
export async function benchStart(options: BenchOptions): Promise<Measurement[]> {
  await using home = await benchHome(options.signal);
  const node: Contender = {
    measured: () => repeated(() => run(process.execPath, ["-e", "0"], { signal: options.signal, env: process.env })),
  };
  const version = await compare(
    { ours: { measured: () => repeated(() => home.cilo("--version")) }, theirs: node },
    options,
  );
  await fill(home);
  const list = await compare({ ours: { measured: () => repeated(() => home.cilo("list")) }, theirs: node }, options);
  return [
    row({ name: "version", what: "cilo --version", limit: 1.5 }, version),
    row({ name: "list", what: `cilo list, ${environments} environments running`, limit: 3 }, list),
  ];
}

async function repeated(start: () => Promise<unknown>): Promise<void> {
  for (let index = 0; index < startsPerRound; index += 1) await start();
}

function row(
  about: { name: string; what: string; limit: number },
  samples: { ours: number[]; theirs: number[] },
): Measurement {
  const each = (list: readonly number[]): number[] => list.map((sample) => sample / startsPerRound);
  return { ...about, against: "node -e 0", unit: "ms", ours: each(samples.ours), theirs: each(samples.theirs) };
}

async function fill(home: BenchHome): Promise<void> {
  const project = await home.project("one", oneService("one"));
  for (let first = 0; first < environments; first += 5) {
    const batch = Array.from({ length: 5 }, (_, index) => `bench-${first + index}`);
    await Promise.all(batch.map((name) => home.cilo("up", name, "--from", project)));
  }
}
