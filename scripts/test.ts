/**
 * `npm test [-- PATH…]`: installs what the tests need, checks the sources, runs every test against a real Docker
 * engine. The last line is `N passed, N failed`, over checks and tests alike; the status is 1 when anything failed.
 * With paths (as vitest takes them) the tests they name run, without the checks.
 */
import { ensureImages, packagesForImages } from "./setup/images.ts";
import { packagesForTunnels } from "./setup/tunnels.ts";
import { type Machine, describeMachine } from "./setup/machine.ts";
import { imagesForPodman, packagesForPodman } from "./setup/podman.ts";
import { prepareMachine } from "./setup/prepare.ts";
import { runScript } from "./setup/script.ts";
import { runChecks } from "./test/checks.ts";
import { leftAtEngine } from "./test/left-at-engine.ts";
import { type Tally, add, describeTally } from "./test/tally.ts";
import { runProject } from "./test/vitest.ts";

const images = ["busybox:latest", "nginx:1-alpine", "node:24-alpine", "postgres:16-alpine", "redis:7-alpine"];

/** Completion is tried in each shell that it is made for. */
const completedShells = ["bash", "zsh", "fish"];

await runScript(async (signal) => {
  const paths = process.argv.slice(2).filter((argument) => argument !== "--yes");
  const machine = await describeMachine(signal);
  await prepareMachine(machine, {
    packages: [
      ...(await packagesForImages(machine, images)),
      ...(await packagesForTunnels(machine)),
      ...(await packagesForPodman()),
    ],
    programs: completedShells,
  });
  await ensureImages(machine, images);
  await imagesForPodman(machine, images);
  const before = await leftAtEngine(machine);

  let tally: Tally = { passed: 0, failed: 0 };
  if (paths.length === 0) tally = add(tally, await runChecks(machine));
  // On Podman as on Docker, which takes as long as all the rest: in the long run, or by path. Its conformance is in `engine`.
  const onPodman = process.env["CILO_TEST_LONG"] === "1" || paths.length > 0;
  const podman = onPodman ? ["engine-podman", "e2e-podman"] : [];
  for (const project of ["unit", "server", "engine", "e2e", ...podman, "testbed"])
    tally = add(tally, await runProject(machine, { project, paths }));
  tally = add(tally, await nothingLeft(machine, before));

  for (const failure of tally.failures ?? []) console.log(`failed: ${failure}`);
  console.log(describeTally(tally));
  process.exitCode = tally.failed === 0 ? 0 : 1;
});

async function nothingLeft(machine: Machine, before: readonly string[]): Promise<Tally> {
  const left = (await leftAtEngine(machine)).filter((name) => !before.includes(name));
  console.log(`${left.length === 0 ? "ok  " : "FAIL"} check: the tests left nothing at the engine`);
  for (const name of left) console.log(`  ${name}`);
  if (left.length === 0) return { passed: 1, failed: 0 };
  return { passed: 0, failed: 1, failures: [`left at the engine: ${left.join(", ")}`] };
}
