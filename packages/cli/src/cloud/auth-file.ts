import { join } from "node:path";
import { CiloError, readFileIfThere, writeFileAtomic } from "@cilo/base";
import * as z from "zod/mini";
import { CliCode } from "../errors.ts";
import { parseJson } from "../json.ts";

/** Keys for servers: `cloud-auth.json` of the home, 0600. `current` is the one that commands mean without `--server`. */
const AuthFile = z.object({
  version: z.literal(1),
  current: z.optional(z.string()),
  servers: z.array(z.object({ url: z.string(), apiKey: z.string() })),
});
export type AuthFile = z.infer<typeof AuthFile>;

/** @throws CiloError `CLOUD_AUTH_INVALID` */
export async function readAuth(home: string): Promise<AuthFile> {
  const path = authPath(home);
  const text = await readFileIfThere(path);
  if (text === undefined) return { version: 1, servers: [] };
  const parsed = AuthFile.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new CiloError(CliCode.cloudAuthInvalid, `${path} is damaged`, {
    hint: `Remove it and log in again: cilo cloud login --server URL`,
  });
}

export async function writeAuth(home: string, file: AuthFile): Promise<void> {
  await writeFileAtomic(authPath(home), `${JSON.stringify(file, undefined, 2)}\n`, { mode: 0o600 });
}

/** With the key of this server, which becomes the current one. */
export function withServer(file: AuthFile, server: { readonly url: string; readonly apiKey: string }): AuthFile {
  const others = file.servers.filter(({ url }) => url !== server.url);
  return { version: 1, current: server.url, servers: [...others, { url: server.url, apiKey: server.apiKey }] };
}

/** Without this server; another one that is left becomes the current one where this was it. */
export function withoutServer(file: AuthFile, url: string): AuthFile {
  const servers = file.servers.filter((server) => server.url !== url);
  const current = file.current === url ? servers.at(-1)?.url : file.current;
  return { version: 1, servers, ...(current === undefined ? {} : { current }) };
}

function authPath(home: string): string {
  return join(home, "cloud-auth.json");
}
