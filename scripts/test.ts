/**
 * `npm test [-- PATH…]`: installs what the tests need, checks the sources, runs every test against a real Docker
 * engine. The last line is `N passed, N failed`, over checks and tests alike; the status is 1 when anything failed.
 * With paths (as vitest takes them) the tests they name run, without the checks.
 */
import { ensureImages } from "./setup/images.ts";
import { describeMachine } from "./setup/machine.ts";
import { prepareMachine } from "./setup/prepare.ts";
import { runChecks } from "./test/checks.ts";
import { leftAtEngine } from "./test/left-at-engine.ts";
import { type Tally, add, describeTally } from "./test/tally.ts";
import { runProject } from "./test/vitest.ts";

const stop = new AbortController();
process.once("SIGINT", () => stop.abort(new Error("interrupted")));
process.once("SIGTERM", () => stop.abort(new Error("terminated")));

const paths = process.argv.slice(2).filter((argument) => argument !== "--yes");
const machine = await describeMachine(stop.signal);
await prepareMachine(machine);
await ensureImages(machine, ["busybox:latest"]);
const before = await leftAtEngine(machine);

let tally: Tally = { passed: 0, failed: 0 };
if (paths.length === 0) tally = add(tally, await runChecks(machine));
for (const project of ["unit", "engine", "e2e"]) tally = add(tally, await runProject(machine, { project, paths }));

const left = (await leftAtEngine(machine)).filter((name) => !before.includes(name));
for (const name of left) console.log(`left behind at the engine: ${name}`);
tally = add(tally, left.length === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });

console.log(describeTally(tally));
process.exitCode = tally.failed === 0 ? 0 : 1;
