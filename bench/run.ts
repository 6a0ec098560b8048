/**
 * `npm run bench [-- --only NAME]… [--rounds N]`: measures what is promised, each against the other tool called
 * directly, in alternating order on the same machine in the same run. Prints the table, writes every sample to
 * bench/results/, ends with 1 when something was not reached.
 */
import { parseArgs } from "node:util";
import { attach } from "@cilo/base";
import { ensureImages } from "../scripts/setup/images.ts";
import { describeMachine } from "../scripts/setup/machine.ts";
import { prepareMachine } from "../scripts/setup/prepare.ts";
import { runScript } from "../scripts/setup/script.ts";
import { measureCopy } from "./copy.ts";
import { benchCreate } from "./create.ts";
import { benchDevcontainer } from "./devcontainer.ts";
import { measureDns } from "./dns.ts";
import { benchEvent } from "./event.ts";
import { benchLoader } from "./loader.ts";
import { type BenchOptions, type Measurement, isReached } from "./measurement.ts";
import { benchParallel } from "./parallel.ts";
import { printTable, writeResults } from "./results.ts";
import { benchServer } from "./server.ts";
import { benchStart } from "./start.ts";
import { benchUp } from "./up.ts";

const benchmarks: Readonly<Record<string, (options: BenchOptions) => Promise<Measurement[]>>> = {
  up: async (options) => [await benchUp(options)],
  create: async (options) => [await benchCreate(options)],
  parallel: async (options) => [await benchParallel(options)],
  start: benchStart,
  event: async (options) => [await benchEvent(options)],
  dns: async (options) => [await benchDns(options)],
  copy: async (options) => [await benchCopy(options)],
  loader: benchLoader,
  server: benchServer,
  devcontainer: async (options) => [await benchDevcontainer(options)],
};

await runScript(async (signal) => {
  const { values } = parseArgs({
    options: {
      only: { type: "string", multiple: true, default: Object.keys(benchmarks) },
      rounds: { type: "string", default: "10" },
      yes: { type: "boolean", default: false },
    },
  });
  const machine = await describeMachine(signal);
  await prepareMachine(machine, { programs: values.only.includes("dns") ? ["dnsperf"] : [] });
  await ensureImages(machine, ["busybox:latest", ...(values.only.includes("devcontainer") ? ["node:24-alpine"] : [])]);
  if ((await attach("node", ["scripts/build.ts"], { signal, env: process.env })) !== 0) throw new Error("no build");

  const measurements: Measurement[] = [];
  for (const name of values.only) {
    const benchmark = benchmarks[name];
    if (benchmark === undefined)
      throw new Error(`there is no benchmark ${name}, but ${Object.keys(benchmarks).join(", ")}`);
    console.log(`measuring ${name}`);
    measurements.push(...(await benchmark({ rounds: Number(values.rounds), signal })));
  }
  console.log();
  printTable(measurements);
  console.log(`\nevery sample: ${await writeResults(measurements, signal)}`);
  process.exitCode = measurements.every(isReached) ? 0 : 1;
});

async function benchCopy(options: BenchOptions): Promise<Measurement> {
  const { ours, theirs } = await measureCopy(options);
  return {
    name: "copy",
    what: "workspace of 20,000 files, 500 MB, alone",
    against: "cp -a",
    unit: "ms",
    ours,
    theirs,
    limit: 1,
  };
}

async function benchDns(options: BenchOptions): Promise<Measurement> {
  const { ours, theirs } = await measureDns(options);
  return {
    name: "dns",
    what: "queries per second, 10,000 names",
    against: "the same dnsmasq, one static file",
    unit: "queries/s",
    ours,
    theirs,
    limit: 0.9,
    atLeast: true,
  };
}
