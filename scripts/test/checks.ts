import { type CommandOptions, type Machine, command } from "../setup/machine.ts";
import { type Tally, add } from "./tally.ts";

/** What must hold of the sources before any test is worth running; `npm run check` is the same for people. */
const checks = [
  { name: "format", argv: ["oxfmt", "--check", "."] },
  { name: "types", argv: ["tsc", "--noEmit"] },
  { name: "lint", argv: ["oxlint", "--type-aware", "--deny-warnings"] },
  { name: "dead code", argv: ["knip"] },
  { name: "build", argv: ["node", "scripts/build.ts"] },
] as const;

/** Runs every check, also after one failed; prints what a failing one said. */
export async function runChecks(machine: Machine): Promise<Tally> {
  let tally: Tally = { passed: 0, failed: 0 };
  for (const { name, argv } of checks) {
    const lines: string[] = [];
    const onLine: CommandOptions["onLine"] = (line) => lines.push(line);
    const passed = await command(machine, argv, { onLine }).then(
      () => true,
      () => false,
    );
    machine.signal.throwIfAborted();
    console.log(`${passed ? "ok  " : "FAIL"} check: ${name}`);
    if (!passed) console.log(lines.slice(-200).join("\n"));
    tally = add(tally, passed ? { passed: 1, failed: 0 } : { passed: 0, failed: 1, failures: [`check: ${name}`] });
  }
  return tally;
}
