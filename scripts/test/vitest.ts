import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attach } from "@cilo/base";
import type { Machine } from "../setup/machine.ts";
import type { Tally } from "./tally.ts";

/** Runs one of vitest's projects on this terminal and counts by its own report. A run that ends badly counts as failed. */
export async function runProject(machine: Machine, run: { project: string; paths: readonly string[] }): Promise<Tally> {
  const folder = await mkdtemp(join(tmpdir(), "cilo-vitest-"));
  const report = join(folder, "report.json");
  console.log(`\n== ${run.project} tests`);
  try {
    const options = ["--project", run.project, "--passWithNoTests", "--reporter=default", "--reporter=json"];
    const argv = ["run", ...options, `--outputFile.json=${report}`, ...run.paths];
    const status = await attach("vitest", argv, { signal: machine.signal, env: process.env });
    return tallyOf(await readFile(report, "utf8").catch(() => ""), status);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The numbers of a JSON report; a bad status that no failed test explains is a failure of its own. */
export function tallyOf(report: string, status: number): Tally {
  const numbers: unknown = report === "" ? {} : JSON.parse(report);
  const passed = numberOf(numbers, "numPassedTests");
  const failed = numberOf(numbers, "numFailedTests");
  return { passed, failed: status !== 0 && failed === 0 ? 1 : failed };
}

function numberOf(report: unknown, key: string): number {
  if (typeof report !== "object" || report === null) return 0;
  const value: unknown = Reflect.get(report, key);
  return typeof value === "number" ? value : 0;
}
