import { mkdir, writeFile } from "node:fs/promises";
import { cpus, loadavg, release, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { run } from "@cilo/base";
import { type Measurement, isReached, median, score } from "./measurement.ts";

const folder = resolve(import.meta.dirname, "results");

/** The rows as a table for people. */
export function printTable(measurements: readonly Measurement[]): void {
  const rows = measurements.map((measurement) => [
    measurement.what,
    measurement.against,
    number(median(measurement.ours), measurement.unit),
    measurement.theirs.length === 0 ? "–" : number(median(measurement.theirs), measurement.unit),
    measurement.theirs.length === 0 ? "–" : `${score(measurement).toFixed(2)}×`,
    `${measurement.atLeast === true ? "≥" : "≤"} ${measurement.limit}${measurement.theirs.length === 0 ? ` ${measurement.unit}` : "×"}`,
    isReached(measurement) ? "reached" : "MISSED",
  ]);
  const all = [["what", "against", "ours", "theirs", "ratio", "must", ""], ...rows];
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  for (const row of all)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    );
}

function number(value: number, unit: string): string {
  return `${value >= 100 ? Math.round(value) : value.toFixed(1)} ${unit}`;
}

/** Writes every sample with the machine it was taken on; answers the file's path. */
export async function writeResults(measurements: readonly Measurement[], signal: AbortSignal): Promise<string> {
  await mkdir(folder, { recursive: true });
  const at = new Date().toISOString();
  const file = join(folder, `${at.slice(0, 19).replaceAll(":", "")}Z.json`);
  const results = measurements.map((measurement) => ({
    ...measurement,
    medianOurs: median(measurement.ours),
    ...(measurement.theirs.length === 0 ? {} : { medianTheirs: median(measurement.theirs), ratio: score(measurement) }),
    reached: isReached(measurement),
  }));
  await writeFile(file, `${JSON.stringify({ at, machine: await machine(signal), results }, null, 2)}\n`);
  return file;
}

async function machine(signal: AbortSignal): Promise<object> {
  const ask = async (...argv: string[]): Promise<string> =>
    (await run("docker", argv, { signal, env: process.env })).stdout.trim();
  return {
    cpus: cpus().length,
    model: cpus()[0]?.model,
    memoryBytes: totalmem(),
    kernel: release(),
    node: process.version,
    engine: await ask("version", "--format", "{{.Server.Version}}"),
    compose: await ask("compose", "version", "--short"),
    // Well above the number of processors: something else was running, and the figures are to be taken again.
    loadAverage: loadavg(),
  };
}
