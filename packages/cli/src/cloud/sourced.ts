import { existsSync } from "node:fs";
import { CiloError } from "@cilo/base";
import { EngineCode } from "@cilo/engine";
import type { CiloContext } from "../context.ts";
import { homeRoot } from "../home-root.ts";
import { type CloudPaths, type CloudRecord, cloudPaths, readCloudRecord } from "./record.ts";

export type Sourced = CloudRecord & { readonly source: NonNullable<CloudRecord["source"]> };

/**
 * An environment on a server whose files came from this machine.
 * @throws CiloError `ENVIRONMENT_NOT_FOUND` also for one that was only connected to
 */
export async function sourcedRecord(
  context: CiloContext,
  name: string,
): Promise<{ readonly record: Sourced; readonly paths: CloudPaths }> {
  const home = homeRoot(context);
  const record = await readCloudRecord(home, name);
  const paths = cloudPaths(home, name);
  if (record?.source === undefined || !existsSync(paths.workspace))
    throw new CiloError(EngineCode.environmentNotFound, `this machine has no files of ${name}`, {
      hint: `They come from where it is brought up: cilo cloud up ${name} --from PATH`,
    });
  return { record: { ...record, source: record.source }, paths };
}
