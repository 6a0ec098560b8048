import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { attach } from "@cilo/base";
import * as z from "zod";
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
    return tallyOf(await readFile(report, "utf8").catch(() => ""), { status, project: run.project });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const Report = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(z.object({ status: z.string(), fullName: z.string() })),
    }),
  ),
});

/** The numbers of a JSON report; a bad status that no failed test explains is a failure of its own. */
export function tallyOf(text: string, { status, project }: { status: number; project: string }): Tally {
  const report = text === "" ? undefined : Report.parse(JSON.parse(text));
  const [passed, counted] = [report?.numPassedTests ?? 0, report?.numFailedTests ?? 0];
  const failed = status !== 0 && counted === 0 ? 1 : counted;
  if (failed === 0) return { passed, failed };
  const failures = (report?.testResults ?? []).flatMap((file) => {
    const names = file.assertionResults.filter((one) => one.status === "failed").map(({ fullName }) => fullName);
    const all = names.length === 0 && file.status === "failed" ? ["could not be run"] : names;
    return all.map((name) => `${project}: ${relative(process.cwd(), file.name)}: ${name}`);
  });
  return { passed, failed, failures: failures.length === 0 ? [`${project}: ended with status ${status}`] : failures };
}
