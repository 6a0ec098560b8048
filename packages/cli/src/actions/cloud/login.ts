import { Readable } from "node:stream";
import { text as readAll } from "node:stream/consumers";
import { CiloError } from "@cilo/base";
import type { Answer, GlobalFlags } from "../../answer.ts";
import { readAuth, withServer, writeAuth } from "../../cloud/auth-file.ts";
import { parseServerUrl } from "../../cloud/server-url.ts";
import { type ServerFlag, sessionOf } from "../../cloud/session.ts";
import type { CiloContext } from "../../context.ts";
import { CliCode } from "../../errors.ts";
import { homeRoot } from "../../home-root.ts";

/** `cilo cloud login`: the key is tried before it is kept, and is in no argument list. */
export default async function cloudLogin(
  context: CiloContext,
  flags: GlobalFlags & ServerFlag & { readonly stdin: boolean },
): Promise<Answer> {
  const home = homeRoot(context);
  const auth = await readAuth(home);
  const asked = flags.server ?? (context.env["CILO_SERVER"] || undefined) ?? auth.current;
  if (asked === undefined)
    throw new CiloError(CliCode.usage, "--server is missing", { hint: "cilo cloud login --server https://…" });
  const url = parseServerUrl(asked);
  const apiKey = (await readKey(context, flags)).trim();
  if (!/^cilo_key_[\w-]+$/u.test(apiKey))
    throw new CiloError(CliCode.usage, "that is no API key", {
      hint: "A key looks like cilo_key_…; an admin makes one",
    });
  const { team, key } = await sessionOf(url, apiKey).client.serverStatus({ signal: context.signal });
  await writeAuth(home, withServer(auth, { url, apiKey }));
  return {
    data: { server: url, team: team.name, key: key.name, scope: key.scope },
    text: () => `logged in to ${url} as ${key.name} of ${team.name} (${key.scope})`,
  };
}

async function readKey(context: CiloContext, { stdin }: { readonly stdin: boolean }): Promise<string> {
  if (stdin) return await readAll(context.streams.stdin.open?.() ?? Readable.from([]));
  const fromEnvironment = context.env["CILO_API_KEY"];
  if (fromEnvironment) return fromEnvironment;
  if (context.prompts === undefined)
    throw new CiloError(CliCode.terminalRequired, "there is no terminal to ask for the key", {
      hint: "Pipe it: cilo cloud login --server URL --stdin < key, or set CILO_API_KEY",
    });
  return await context.prompts.secret("API key");
}
