import { scopes } from "@cilo/api";
import { CiloError } from "@cilo/base";
import type { Answer, GlobalFlags } from "../../../answer.ts";
import { type ServerFlag, openSession } from "../../../cloud/session.ts";
import type { CiloContext } from "../../../context.ts";
import { CliCode } from "../../../errors.ts";

/** `cilo cloud keys create`: the one time that a key is shown. */
export default async function createKey(
  context: CiloContext,
  flags: GlobalFlags & ServerFlag & { readonly scope: string },
  name: string,
): Promise<Answer> {
  const scope = scopes.find((one) => one === flags.scope);
  if (scope === undefined) throw new CiloError(CliCode.usage, `--scope must be one of ${scopes.join(", ")}`);
  const session = await openSession(context, flags);
  const created = await session.client.createKey({ body: { name, scope }, signal: context.signal });
  return { data: created, text: () => created.key };
}
