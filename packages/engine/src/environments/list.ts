import type { EnvironmentsDeps } from "./deps.ts";
import type { EnvironmentSummary, Located } from "./environments.ts";
import { loadIsolation } from "./isolation-file.ts";
import { isBusy } from "./operation.ts";
import { type EnvironmentFolder, readRecords } from "./records.ts";
import { containersOfHome, summaryOf } from "./status.ts";

/** {@link Environments.list}: one call for each engine in use. */
export async function listEnvironments(
  deps: Pick<EnvironmentsDeps, "home" | "runtimes">,
  options: { readonly signal: AbortSignal },
): Promise<EnvironmentSummary[]> {
  const { located, unreadable } = await readRecords(deps.home);
  const runtimes = [...new Set(located.map(({ record }) => record.runtime))];
  const [isolations, ...statuses] = await Promise.all([
    Promise.all(located.map(({ paths }) => loadIsolation(paths.isolated))),
    ...runtimes.map((runtime) => containersOfHome(deps, runtime, options)),
  ]);
  const containers = new Map(runtimes.map((runtime, index) => [runtime, statuses[index]]));
  return [
    ...(await Promise.all(
      located.map(async (one, index) => ({
        ...summaryOf(one, isolations[index], containers.get(one.record.runtime)),
        ...(await interruption(deps.home, one, options)),
      })),
    )),
    ...unreadable.map(unknownSummary),
  ];
}

/** What was killed or failed halfway is nobody's any more, and not about to go or come by itself. */
async function interruption(
  home: EnvironmentsDeps["home"],
  { record }: Located,
  { signal }: { readonly signal: AbortSignal },
): Promise<Pick<EnvironmentSummary, "interrupted">> {
  return record.phase === "ready" ? {} : { interrupted: !(await isBusy(home, record.environment, signal)) };
}

/** One whose record cannot be read hides no other; `doctor` says what is wrong with it. */
function unknownSummary({ project, environment }: EnvironmentFolder): EnvironmentSummary {
  const nothing = { source: "", format: "", runtime: "", createdAt: "" };
  return { environment, project, ...nothing, state: "unknown", services: { total: 0, running: 0 } };
}
