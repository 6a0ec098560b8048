import { Resolver } from "node:dns/promises";
import { request as httpRequest } from "node:http";
import { text } from "node:stream/consumers";

/** The name's IPv4 addresses by the dnsmasq on this port of loopback; empty when there is no such name or no dnsmasq. */
export async function resolveName(name: string, dnsPort: number): Promise<string[]> {
  const resolver = new Resolver({ timeout: 1000, tries: 2 });
  resolver.setServers([`127.0.0.1:${dnsPort}`]);
  try {
    return (await resolver.resolve4(name)).toSorted();
  } catch (error) {
    if (
      error instanceof Error &&
      "code" in error &&
      ["ENOTFOUND", "ENODATA", "ECONNREFUSED"].includes(String(error.code))
    )
      return [];
    throw error;
  }
}

export interface Reply {
  readonly status: number;
  readonly body: string;
}

/** An HTTP request whose host name is resolved by that dnsmasq. Fails when it does not resolve or nothing answers within 5 s. */
export async function request(
  url: string,
  options: { dnsPort: number; method?: string; body?: string },
): Promise<Reply> {
  const { hostname, port, pathname, search, host } = new URL(url);
  const [address] = /^[\d.]+$/u.test(hostname) ? [hostname] : await resolveName(hostname, options.dnsPort);
  if (address === undefined) throw new Error(`${hostname} does not resolve`);
  return await new Promise<Reply>((resolve, reject) => {
    const outgoing = httpRequest({
      host: address,
      port: port === "" ? 80 : Number(port),
      path: pathname + search,
      method: options.method ?? "GET",
      headers: { host },
      agent: false,
      signal: AbortSignal.timeout(5000),
    });
    outgoing.once("error", reject);
    outgoing.once("response", (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
    });
    outgoing.end(options.body);
  });
}
