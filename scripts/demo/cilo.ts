import { resolve } from "node:path";
import { attach } from "@cilo/base";
import type { Machine } from "../setup/machine.ts";

/** The command of this checkout, which `npx cilo` runs too. */
export const ciloProgram = resolve("packages/cli/bin/cilo");

/** Builds it, unless it is up to date. */
export async function buildCilo(machine: Machine): Promise<void> {
  console.log("Building cilo");
  const status = await attach("node", ["scripts/build.ts"], { signal: machine.signal, env: process.env });
  if (status !== 0) throw new Error("cilo could not be built");
}
