import { createHash } from "node:crypto";
import { CiloError } from "@cilo/base";
import { type ServerClient, createServerClient } from "@cilo/api";
import type { CiloContext } from "../context.ts";
import { CliCode } from "../errors.ts";
import { homeRoot } from "../home-root.ts";
import { version } from "../version.ts";
import { readAuth } from "./auth-file.ts";
import { parseServerUrl } from "./server-url.ts";

/** A server that this machine has a key for. */
export interface CloudSession {
  /** Scheme, host and port. */
  readonly url: string;
  /** Names its folder in the home. */
  readonly id: string;
  readonly client: ServerClient;
}

export interface ServerFlag {
  readonly server: string | undefined;
}

/**
 * The server that is meant: `--server`, else `CILO_SERVER`, else the one last logged in to; with `CILO_API_KEY`, else the
 * key that was logged in with.
 * @throws CiloError `NOT_LOGGED_IN`
 */
export async function openSession(context: CiloContext, flags: ServerFlag): Promise<CloudSession> {
  const auth = await readAuth(homeRoot(context));
  const asked = flags.server ?? (context.env["CILO_SERVER"] || undefined) ?? auth.current;
  if (asked === undefined)
    throw new CiloError(CliCode.notLoggedIn, "no server is known", { hint: "Log in: cilo cloud login --server URL" });
  const url = parseServerUrl(asked);
  const apiKey = (context.env["CILO_API_KEY"] || undefined) ?? auth.servers.find((one) => one.url === url)?.apiKey;
  if (apiKey === undefined)
    throw new CiloError(CliCode.notLoggedIn, `there is no key for ${url}`, {
      hint: `Log in: cilo cloud login --server ${url}`,
    });
  return sessionOf(url, apiKey);
}

/** A session with this key, kept or not. */
export function sessionOf(url: string, apiKey: string): CloudSession {
  const client = createServerClient({ baseUrl: url, token: () => apiKey, userAgent: `cilo/${version}` });
  return { url, id: serverId(url), client };
}

/** Same server, same id: readable, and no two alike. */
function serverId(url: string): string {
  const name = new URL(url).host.replaceAll(/[^a-z0-9.-]/giu, "-");
  return `${name}-${createHash("sha256").update(url).digest("hex").slice(0, 8)}`;
}
