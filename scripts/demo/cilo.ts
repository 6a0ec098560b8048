import { resolve } from "node:path";

/** The command of this checkout, which `npx cilo` runs too. */
export const ciloProgram = resolve("packages/cli/bin/cilo");
