import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { CiloError, readFileIfThere, writeFileAtomic } from "@cilo/base";
import type * as z from "zod";
import { AgentCode } from "./errors.ts";

/**
 * Where everything of an agent's lies:
 *
 * ```
 * /var/lib/cilo-agent/
 *   wireguard.key              the machine's private key, 0600; it never leaves the machine
 *   peers/<key>.json           one peer, its preshared key and its leases, 0600
 *   blocks/                    one file for each claimed block of container addresses
 *   rsync/                     configuration and secrets of the rsync daemon, 0600
 *   environments/<id>/         record.json · files/ (what clients upload) · home/ (the engine's: workspace, Compose file)
 * /run/cilo-agent/pins/<id>/   what containers mount, held where nobody can exchange it
 * ```
 */
export interface Places {
  readonly root: string;
  readonly privateKey: string;
  readonly peers: string;
  readonly blocks: string;
  readonly rsync: string;
  readonly environments: string;
  readonly pins: string;
}

export function placesIn(root: string, runRoot: string): Places {
  const at = (name: string): string => join(root, name);
  return {
    root,
    privateKey: at("wireguard.key"),
    peers: at("peers"),
    blocks: at("blocks"),
    rsync: at("rsync"),
    environments: at("environments"),
    pins: join(runRoot, "pins"),
  };
}

/** A folder of small records, one JSON file each: written whole, read once at the start. */
export interface RecordFolder<Schema extends z.ZodType> {
  /** Every record. One that cannot be read is left out and told. */
  readAll(onBroken: (name: string, error: Error) => void): Promise<z.output<Schema>[]>;
  write(name: string, record: z.output<Schema>): Promise<void>;
  remove(name: string): Promise<void>;
}

/** `fileOf` says where the record of that name lies in the folder. */
export function openRecords<Schema extends z.ZodType>(
  folder: string,
  { schema, fileOf }: { readonly schema: Schema; readonly fileOf: (name: string) => string },
): RecordFolder<Schema> {
  return {
    async readAll(onBroken) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const records: z.output<Schema>[] = [];
      for (const entry of await readdir(folder)) {
        const text = await readFileIfThere(join(folder, fileOf(entry.replace(/\.json$/u, ""))));
        if (text === undefined) continue;
        try {
          records.push(schema.parse(JSON.parse(text)));
        } catch (error) {
          onBroken(entry, new CiloError(AgentCode.recordInvalid, `${entry} cannot be read`, { cause: error }));
        }
      }
      return records;
    },
    write: (name, record) => writeFileAtomic(join(folder, fileOf(name)), JSON.stringify(record)),
    remove: (name) => rm(join(folder, fileOf(name)), { force: true }),
  };
}
