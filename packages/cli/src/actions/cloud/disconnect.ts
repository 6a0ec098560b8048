import { isCiloError } from "@cilo/base";
import { keyToUrl, WireGuardKey } from "@cilo/api";
import type { Answer, GlobalFlags } from "../../answer.ts";
import { disconnect } from "../../cloud/connect.ts";
import { loadDevice } from "../../cloud/device.ts";
import { withdrawNames } from "../../cloud/names.ts";
import { forgetCloudRecord } from "../../cloud/record.ts";
import type { ServerFlag } from "../../cloud/session.ts";
import { type CloudTarget, cloudTarget } from "../../cloud/target.ts";
import type { CiloContext } from "../../context.ts";
import { homeRoot } from "../../home-root.ts";

/** `cilo cloud disconnect` */
export default async function cloudDisconnect(
  context: CiloContext,
  flags: GlobalFlags & ServerFlag,
  name: string,
): Promise<Answer> {
  const target = await cloudTarget(context, flags, name);
  await takeOff(context, target);
  // Where no files of it are, nothing of it is worth keeping.
  if (target.record.source === undefined) await forgetCloudRecord(homeRoot(context), name);
  return { data: { environment: name, connected: false }, text: () => `${name} no longer answers here` };
}

/** Names, tunnel and peer of the environment, in this order. Done already is done. */
export async function takeOff(context: CiloContext, { session, record, environment }: CloudTarget): Promise<void> {
  await withdrawNames(context, record);
  await disconnect(context, session, record);
  const device = await loadDevice(homeRoot(context), session);
  try {
    await session.client.removePeer({
      params: { key: keyToUrl(WireGuardKey.parse(device.keys.publicKey)) },
      query: { environmentId: environment.id },
      signal: context.signal,
    });
  } catch (error) {
    if (!isCiloError(error, "PEER_NOT_FOUND", "ENVIRONMENT_NOT_FOUND")) throw error;
  }
}
