import { join } from "node:path";
import { CiloError, isCiloError, readFileIfThere, writeFileAtomic } from "@cilo/base";
import { isSuffix, parsePool } from "@cilo/network";
import type { Addressing } from "@cilo/engine";
import * as z from "zod/mini";
import { CliCode } from "./errors.ts";
import { parseJson } from "./json.ts";

/** What `cilo init` chose for this machine: `machine.json` of the home. */
const MachineFile = z.object({
  version: z.literal(1),
  /** Port of 127.0.0.1 that names are served on. */
  dnsPort: z.int().check(z.gte(1), z.lte(65_535)),
  /** CIDR */
  baseSubnet: z.string(),
  /** With the leading dot; the first is the default one. */
  suffixes: z.array(z.string()).check(z.minLength(1)),
  addressing: z.optional(z.enum(["auto", "direct", "loopback"])),
});

export interface MachineSettings {
  readonly dnsPort: number;
  readonly baseSubnet: string;
  readonly suffixes: readonly string[];
  /** How new environments are reached from this machine. */
  readonly addressing: Addressing;
  /** False before `cilo init`: then these are the defaults. */
  readonly isInitialised: boolean;
}

export const defaultMachine: MachineSettings = {
  dnsPort: 5354,
  baseSubnet: "10.223.0.0/16",
  suffixes: [".test"],
  addressing: "auto",
  isInitialised: false,
};

/** @throws CiloError `MACHINE_INVALID` */
export async function readMachine(home: string): Promise<MachineSettings> {
  const path = machinePath(home);
  const text = await readFileIfThere(path);
  if (text === undefined) return defaultMachine;
  const parsed = MachineFile.safeParse(parseJson(text));
  if (!parsed.success) throw invalid(`${path} is damaged`, parsed.error);
  const { dnsPort, baseSubnet, suffixes, addressing = "auto" } = parsed.data;
  checkPool(path, baseSubnet);
  const wrong = suffixes.find((suffix) => !isSuffix(suffix));
  if (wrong !== undefined) throw invalid(`${path}: ${JSON.stringify(wrong)} is no domain with its leading dot`);
  return { dnsPort, baseSubnet, suffixes, addressing, isInitialised: true };
}

/** Here and not where the first address is claimed: a file that was edited wrongly is wrong for every command. */
function checkPool(path: string, baseSubnet: string): void {
  try {
    parsePool(baseSubnet);
  } catch (error) {
    throw isCiloError(error) ? invalid(`${path}: ${error.message}`, error) : error;
  }
}

function invalid(message: string, cause?: unknown): CiloError {
  const hint = "Correct the file, or remove it and choose anew: sudo cilo init";
  return new CiloError(CliCode.machineInvalid, message, { cause, hint });
}

export async function writeMachine(
  home: string,
  { dnsPort, baseSubnet, suffixes, addressing }: MachineSettings,
): Promise<void> {
  const file = { version: 1, dnsPort, baseSubnet, suffixes, addressing };
  await writeFileAtomic(machinePath(home), `${JSON.stringify(file, undefined, 2)}\n`);
}

function machinePath(home: string): string {
  return join(home, "machine.json");
}
