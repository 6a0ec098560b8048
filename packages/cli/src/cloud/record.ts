import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { CiloError, isErrno, readFileIfThere, writeFileAtomic } from "@cilo/base";
import { EngineCode, isDnsLabel } from "@cilo/engine";
import * as z from "zod/mini";
import { parseJson } from "../json.ts";

/** How this device reaches an environment's machine; kept so that a tunnel can be made again without asking. */
const Connection = z.object({
  machineKey: z.string(),
  machineEndpoint: z.string(),
  machineIp: z.string(),
  presharedKey: z.string(),
  assignedIp: z.string(),
  routes: z.array(z.string()),
  credential: z.string(),
  /** Milliseconds since the epoch: when the credential is asked for anew. */
  renewAt: z.number(),
});
export type Connection = z.infer<typeof Connection>;

const KnownService = z.object({
  name: z.string(),
  ip: z.string(),
  ports: z.array(z.number()),
  endpoints: z.optional(
    z.array(
      z.object({
        port: z.number(),
        protocol: z.enum(["tcp", "udp"]),
        published: z.optional(z.string()),
        scheme: z.optional(z.enum(["http", "https"])),
      }),
    ),
  ),
  hostnames: z.optional(z.array(z.string())),
  ingress: z.optional(z.boolean()),
});
export type KnownService = z.infer<typeof KnownService>;

/**
 * What this machine knows of an environment on a server: `cloud/envs/<env>/cloud.json`, 0600. It is written before the
 * server is asked to create, so that whatever is killed can be taken up or destroyed; the server says what *is*.
 */
const CloudRecord = z.object({
  version: z.literal(1),
  environment: z.string(),
  project: z.string(),
  format: z.string(),
  server: z.string(),
  suffix: z.string(),
  /** Of the creation: asked again with it, the server answers the same environment. */
  idempotencyKey: z.string(),
  /** Absent until the server has answered. */
  id: z.optional(z.string()),
  /** Absent where it was only connected to. */
  source: z.optional(z.object({ root: z.string(), projectPath: z.string() })),
  connection: z.optional(Connection),
  services: z.array(KnownService),
});
export type CloudRecord = z.infer<typeof CloudRecord>;

export interface CloudPaths {
  readonly folder: string;
  readonly record: string;
  /** The local copy, from which the machine gets its files. */
  readonly workspace: string;
  readonly baseline: string;
  /** What was last sent, by path. */
  readonly sent: string;
}

export function cloudPaths(home: string, environment: string): CloudPaths {
  const folder = join(home, "cloud", "envs", environment);
  return {
    folder,
    record: join(folder, "cloud.json"),
    workspace: join(folder, "workspace"),
    baseline: join(folder, "baseline.json"),
    sent: join(folder, "sent.json"),
  };
}

/** `undefined` when this machine knows no such environment. @throws CiloError `RECORD_INVALID` */
export async function readCloudRecord(home: string, environment: string): Promise<CloudRecord | undefined> {
  const { record: path } = cloudPaths(home, environment);
  const text = await readFileIfThere(path);
  if (text === undefined) return undefined;
  const parsed = CloudRecord.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new CiloError(EngineCode.recordInvalid, `${path} is damaged`, {
    hint: `Remove its folder and connect again: cilo cloud connect ${environment}`,
  });
}

export async function writeCloudRecord(home: string, record: CloudRecord): Promise<void> {
  const { folder, record: path } = cloudPaths(home, record.environment);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFileAtomic(path, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 });
}

/** Removes what this machine keeps of it, the workspace too. */
export async function forgetCloudRecord(home: string, environment: string): Promise<void> {
  await rm(cloudPaths(home, environment).folder, { recursive: true, force: true });
}

/** Every environment on a server that this machine knows, by name. */
export async function listCloudRecords(home: string): Promise<CloudRecord[]> {
  const names = (await namesIn(join(home, "cloud", "envs"))).filter(isDnsLabel).sort();
  const records = await Promise.all(names.map(async (name) => await readCloudRecord(home, name)));
  return records.filter((record) => record !== undefined);
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}
