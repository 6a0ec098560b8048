import { createInterface } from "node:readline/promises";
import { CiloError } from "@cilo/base";
import type { Step } from "./step.ts";

/**
 * Shows the steps and asks once whether to take them. With `CI=true` or `--yes` it only shows them.
 * @throws CiloError when the answer is no, or when nobody can be asked
 */
export async function agreeTo(steps: readonly Step[], signal: AbortSignal): Promise<void> {
  console.log("\nThis machine lacks something. With your consent Cilo will:");
  for (const step of steps) console.log(`  - ${step.what}`);
  if (process.env["CI"] === "true" || process.argv.includes("--yes")) return;
  if (!process.stdin.isTTY) {
    throw new CiloError("CONSENT_REQUIRED", "nobody can be asked here whether to change the system", {
      hint: "npm run demo -- --yes, or CI=true",
    });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await terminal.question("Go ahead? [y/N] ", { signal });
    if (/^y(es)?$/iu.test(answer.trim())) return;
  } finally {
    terminal.close();
  }
  throw new CiloError("CONSENT_REQUIRED", "nothing was changed");
}
