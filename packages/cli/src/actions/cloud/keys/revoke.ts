import { KeyId } from "@cilo/api";
import { CiloError } from "@cilo/base";
import type { Answer, GlobalFlags } from "../../../answer.ts";
import { type ServerFlag, openSession } from "../../../cloud/session.ts";
import type { CiloContext } from "../../../context.ts";
import { CliCode } from "../../../errors.ts";

/** `cilo cloud keys revoke`: its devices are cut off at once. */
export default async function revokeKey(
  context: CiloContext,
  flags: GlobalFlags & ServerFlag,
  text: string,
): Promise<Answer> {
  const id = KeyId.safeParse(text);
  if (!id.success)
    throw new CiloError(CliCode.usage, `${JSON.stringify(text)} is no key's identifier`, {
      hint: "See cilo cloud keys list",
    });
  const session = await openSession(context, flags);
  await session.client.revokeKey({ params: { id: id.data }, signal: context.signal });
  return { data: { id: id.data, revoked: true }, text: () => `${id.data} is revoked` };
}
