import { join } from "node:path";
import { EnvironmentId } from "@cilo/api";
import { CiloError, isCiloError, lock } from "@cilo/base";
import { EngineCode } from "@cilo/engine";
import type { Answer, GlobalFlags } from "../../answer.ts";
import { applyTunnel } from "../../cloud/tunnel.ts";
import { type Identified, findOnServer, recordOf } from "../../cloud/environment.ts";
import { withdrawNames } from "../../cloud/names.ts";
import { type CloudRecord, forgetCloudRecord, readCloudRecord, writeCloudRecord } from "../../cloud/record.ts";
import { type CloudSession, type ServerFlag, openSession } from "../../cloud/session.ts";
import { unsentEdits } from "../../cloud/unsent.ts";
import { untilSettled } from "../../cloud/wait.ts";
import type { CiloContext } from "../../context.ts";
import { homeRoot } from "../../home-root.ts";
import { withProgress } from "../../operation.ts";

/** `cilo cloud destroy` */
export default async function cloudDestroy(
  context: CiloContext,
  flags: GlobalFlags & ServerFlag & { readonly force: boolean },
  name: string,
): Promise<Answer> {
  const home = homeRoot(context);
  await withProgress(context, async ({ onEvent }) => {
    await using _ = await lock(join(home, "locks", `env-${name}`), {
      signal: context.signal,
      onWait: () => onEvent({ kind: "waiting", what: `another command with ${name}` }),
    });
    const known = await readCloudRecord(home, name);
    const session = await openSession(context, { server: flags.server ?? known?.server });
    if (!flags.force && known !== undefined) await refuseLoss(context, known);
    onEvent({ kind: "engine", line: `destroying ${name} on ${session.url}` });
    const record = await onServer(context, session, { known, name });
    if (record !== undefined) await endOnServer(context, session, record);
    if (known !== undefined) await endHere(context, session, known);
  });
  return { data: { environment: name, destroyed: true }, text: () => `${name} is destroyed` };
}

/** Edits in the local copy that are neither in the source nor on the machine. */
async function refuseLoss(context: CiloContext, known: CloudRecord): Promise<void> {
  const edits = await unsentEdits(context, known);
  if (edits.length === 0) return;
  throw new CiloError(
    EngineCode.wouldLose,
    `the local copy of ${known.environment} has ${edits.length} edit${edits.length === 1 ? "" : "s"} that are nowhere else`,
    { hint: `Bring them into the source: cilo cloud merge ${known.environment}; or destroy them too with --force` },
  );
}

/** The environment that is meant there; a record without identifier may have one all the same, created before a kill. */
async function onServer(
  context: CiloContext,
  session: CloudSession,
  { known, name }: { readonly known: CloudRecord | undefined; readonly name: string },
): Promise<Identified | undefined> {
  if (known?.id !== undefined) return { ...known, id: known.id };
  try {
    return await recordOf(context, session, await findOnServer(context, session, name));
  } catch (error) {
    if (known !== undefined && isCiloError(error, EngineCode.environmentNotFound)) return undefined;
    throw error;
  }
}

async function endOnServer(context: CiloContext, session: CloudSession, { id }: Identified): Promise<void> {
  try {
    await session.client.destroyEnvironment({ params: { id: EnvironmentId.parse(id) }, signal: context.signal });
    await untilSettled(context, session, { id, status: "destroyed" });
  } catch (error) {
    if (!isCiloError(error, "ENVIRONMENT_NOT_FOUND")) throw error;
  }
}

/** Names, tunnel, files: in reverse of how they came. */
async function endHere(context: CiloContext, session: CloudSession, known: CloudRecord): Promise<void> {
  await withdrawNames(context, known);
  const { connection: _, ...rest } = known;
  await writeCloudRecord(homeRoot(context), rest);
  await applyTunnel(context, session);
  await forgetCloudRecord(homeRoot(context), known.environment);
}
