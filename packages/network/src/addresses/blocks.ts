import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { createFileExclusive, readFileIfThere } from "@cilo/base";
import { type Cidr, formatCidr, parseCidr, sizeOf } from "./cidr.ts";
import { UNIT_PREFIX } from "./plan.ts";

/**
 * The claims of a home: one file per unit of /26, named after it (`10.223.4.64_26`), holding its owner. A file is
 * created exclusively, so of any number of processes one gets the unit; a larger block is its units, claimed in
 * ascending order. There is no other state, so nothing can drift and nothing is lost by a crash.
 */
export interface Blocks {
  /** Every claimed unit with its owner; an owner that cannot be read is `""`. */
  claims(): Promise<readonly Claim[]>;
  /** Claims the whole block for the owner, or nothing of it and answers false. */
  claim(block: Cidr, owner: string): Promise<boolean>;
  /** Gives the unit back. Nothing to give back is no failure. */
  release(unit: Cidr): Promise<void>;
}

export interface Claim {
  readonly unit: Cidr;
  /** `<project>/<environment>` */
  readonly owner: string;
}

const UNIT_FILE = /^(\d+\.\d+\.\d+\.\d+)_26$/u;

/** The claims kept in a folder, which is made when the first one is. */
export function openBlocks(folder: string): Blocks {
  const fileOf = (unit: Cidr): string => join(folder, formatCidr(unit).replace("/", "_"));
  const release = async (unit: Cidr): Promise<void> => {
    await rm(fileOf(unit), { force: true });
  };
  return {
    claims: () => readClaims(folder),
    release,
    async claim(block, owner) {
      const claimed: Cidr[] = [];
      for (const unit of unitsOf(block)) {
        if (await createFileExclusive(fileOf(unit), `${owner}\n`)) claimed.push(unit);
        else {
          await Promise.all(claimed.map(release));
          return false;
        }
      }
      return true;
    },
  };
}

/** The units a block consists of, in ascending order. */
export function unitsOf(block: Cidr): Cidr[] {
  const unitSize = 2 ** (32 - UNIT_PREFIX);
  const count = sizeOf(block) / unitSize;
  return Array.from({ length: count }, (_, index) => ({ start: block.start + index * unitSize, prefix: UNIT_PREFIX }));
}

async function readClaims(folder: string): Promise<Claim[]> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const claims = await Promise.all((await readdir(folder)).map((name) => readClaim(folder, name)));
  return claims.filter((claim) => claim !== undefined).sort((a, b) => a.unit.start - b.unit.start);
}

async function readClaim(folder: string, name: string): Promise<Claim | undefined> {
  const unit = parseCidr(`${UNIT_FILE.exec(name)?.[1]}/${UNIT_PREFIX}`);
  if (unit === undefined) return undefined;
  const owner = await readFileIfThere(join(folder, name));
  return owner === undefined ? undefined : { unit, owner: owner.trim() };
}
