import { Resolver } from "node:dns/promises";
import { isErrno } from "@cilo/base";

/** What a name server said. `refused`: nothing listens there; `silent`: no answer in time. */
export type Answer<T> =
  | { readonly kind: "found"; readonly values: readonly T[] }
  | { readonly kind: "none" }
  | { readonly kind: "refused" }
  | { readonly kind: "silent" };

/** Asked again after 200 and 600 ms, since a question can be lost with a process that just ended; given up after 1.4 s. */
const PATIENCE = { timeout: 200, tries: 3 };

export interface QueryOptions {
  /** Default 127.0.0.1. */
  readonly address?: string;
  readonly port: number;
  readonly signal: AbortSignal;
}

/** The A records of a name, asked of one server directly. */
export async function queryAddresses(name: string, options: QueryOptions): Promise<Answer<string>> {
  return await ask(options, (resolver) => resolver.resolve4(name));
}

/** The TXT record of a name, asked of one server directly. */
export async function queryText(name: string, options: QueryOptions): Promise<Answer<string>> {
  return await ask(options, async (resolver) => (await resolver.resolveTxt(name)).map((parts) => parts.join("")));
}

async function ask<T>(options: QueryOptions, query: (resolver: Resolver) => Promise<readonly T[]>): Promise<Answer<T>> {
  options.signal.throwIfAborted();
  const resolver = new Resolver(PATIENCE);
  resolver.setServers([`${options.address ?? "127.0.0.1"}:${options.port}`]);
  const cancel = (): void => resolver.cancel();
  options.signal.addEventListener("abort", cancel);
  try {
    return { kind: "found", values: await query(resolver) };
  } catch (error) {
    options.signal.throwIfAborted();
    if (isErrno(error, "ENOTFOUND", "ENODATA", "EREFUSED", "ESERVFAIL", "ENOTIMP", "EFORMERR")) return { kind: "none" };
    if (isErrno(error, "ECONNREFUSED")) return { kind: "refused" };
    if (isErrno(error, "ETIMEOUT", "EBADRESP")) return { kind: "silent" };
    throw error;
  } finally {
    options.signal.removeEventListener("abort", cancel);
  }
}
