import { CiloError } from "@cilo/base";
import type { Answer, GlobalFlags } from "../../answer.ts";
import { readAuth, withoutServer, writeAuth } from "../../cloud/auth-file.ts";
import { parseServerUrl } from "../../cloud/server-url.ts";
import type { ServerFlag } from "../../cloud/session.ts";
import type { CiloContext } from "../../context.ts";
import { CliCode } from "../../errors.ts";
import { homeRoot } from "../../home-root.ts";

/** `cilo cloud logout`: the key is forgotten here; environments and connections stay. */
export default async function cloudLogout(context: CiloContext, flags: GlobalFlags & ServerFlag): Promise<Answer> {
  const home = homeRoot(context);
  const auth = await readAuth(home);
  const asked = flags.server ?? (context.env["CILO_SERVER"] || undefined) ?? auth.current;
  if (asked === undefined)
    throw new CiloError(CliCode.notLoggedIn, "no server is known", { hint: "There is nothing to log out of" });
  const url = parseServerUrl(asked);
  await writeAuth(home, withoutServer(auth, url));
  return { data: { server: url }, text: () => `logged out of ${url}` };
}
