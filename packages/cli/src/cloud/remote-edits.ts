import { join } from "node:path";
import { CiloError } from "@cilo/base";
import type { AgentClient, EnvironmentId } from "@cilo/api";
import { EngineCode, type TreePair, offloadedPair, readProjectConfig } from "@cilo/engine";
import type { CiloContext } from "../context.ts";
import { type Transfer, transfer } from "./rsync.ts";
import { sourcedRecord } from "./sourced.ts";

interface Asked {
  readonly name: string;
  readonly id: EnvironmentId;
  readonly agent: AgentClient;
}

/**
 * Paths that are not on the machine as they were sent: what was edited there, by hand or by what runs. Empty where
 * nothing ran yet.
 */
export async function remoteEdits(context: CiloContext, { name, id, agent }: Asked): Promise<ReadonlySet<string>> {
  const { paths } = await sourcedRecord(context, name);
  const access = await agent.sync({ body: { environmentId: id }, signal: context.signal });
  if (access.workspaceUrl === undefined) return new Set();
  const there = { ...access, url: access.workspaceUrl };
  return await differing(context, { folder: paths.workspace, access: there, direction: "down" });
}

/** Paths that a transfer would change in more than their times. */
async function differing(context: CiloContext, request: Transfer): Promise<ReadonlySet<string>> {
  const { items } = await transfer(context, { ...request, dryRun: true });
  return new Set(items.filter(({ change }) => !change.startsWith(".")).map(({ path }) => path.replace(/\/$/u, "")));
}

/**
 * Brings what was edited on the machine into the local copy, so that it can be compared with the source and merged as
 * the edits of a local environment are.
 * @throws CiloError `WOULD_LOSE` when the copy has edits that were not sent
 */
export async function fetchRemoteEdits(context: CiloContext, { name, id, agent }: Asked): Promise<TreePair> {
  const { record, paths } = await sourcedRecord(context, name);
  const access = await agent.sync({ body: { environmentId: id }, signal: context.signal });
  const unsent = await differing(context, { folder: paths.workspace, access, direction: "up" });
  if (access.workspaceUrl !== undefined) {
    const there = {
      folder: paths.workspace,
      access: { ...access, url: access.workspaceUrl },
      direction: "down",
    } as const;
    const edited = await differing(context, there);
    // What was fetched before is not as it was sent, but as it is there.
    const lost = [...unsent].find((path) => edited.has(path));
    if (lost !== undefined)
      throw new CiloError(EngineCode.wouldLose, `${lost} of the local copy of ${name} was edited and not sent`, {
        hint: `Send it first: cilo cloud sync ${name}`,
      });
    await transfer(context, there);
  }
  const { deps } = await context.wiring();
  const config = await readProjectConfig(join(record.source.root, record.source.projectPath));
  const source = { sourceRoot: record.source.root, projectPath: record.source.projectPath };
  const copy = { environment: name, workspace: paths.workspace, baseline: paths.baseline };
  return offloadedPair(deps, { source, config }, copy);
}
