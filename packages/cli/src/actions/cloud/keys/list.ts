import type { Answer, GlobalFlags } from "../../../answer.ts";
import { everyPage } from "../../../cloud/pages.ts";
import { type ServerFlag, openSession } from "../../../cloud/session.ts";
import type { CiloContext } from "../../../context.ts";
import { table } from "../../../table.ts";

/** `cilo cloud keys list` */
export default async function listKeys(context: CiloContext, flags: GlobalFlags & ServerFlag): Promise<Answer> {
  const session = await openSession(context, flags);
  const { signal } = context;
  const keys = await everyPage(async (cursor) => session.client.listKeys({ query: { limit: 200, ...cursor }, signal }));
  return {
    data: { keys },
    text: (style) =>
      table([
        ["ID", "NAME", "SCOPE", "PREFIX", "CREATED", "LAST USED"].map(style.dim),
        ...keys.map((key) => [
          key.id,
          style.bold(key.name),
          key.scope,
          key.prefix,
          key.createdAt,
          key.lastUsed ?? "never",
        ]),
      ]),
  };
}
