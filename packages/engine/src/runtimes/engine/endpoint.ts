/** Where an engine with a Docker-compatible API listens. */
export type EngineEndpoint =
  | { readonly kind: "unix"; readonly url: string; readonly socketPath: string }
  | {
      readonly kind: "tcp";
      readonly url: string;
      readonly host: string;
      readonly port: number;
      /** Folder with `ca.pem`, `cert.pem` and `key.pem`; absent: no TLS. */
      readonly tlsFolder?: string;
    };

/** A way to an engine that was looked at: an endpoint to try, or why there is none. */
export type EngineCandidate =
  | { readonly from: string; readonly endpoint: EngineEndpoint }
  | { readonly from: string; readonly refusal: string };

/** An endpoint URL as `DOCKER_HOST` has it, or in one line why it is of no use. */
export function parseEndpoint(url: string, tlsFolder?: string): EngineEndpoint | { readonly refusal: string } {
  if (url.startsWith("unix://")) return unixEndpoint(url.slice("unix://".length));
  if (url.startsWith("ssh://"))
    return { refusal: `${url}: engines behind ssh are not supported; forward the socket (ssh -L) and name that` };
  const parsed = URL.parse(url.replace(/^tcp:/u, "http:"));
  if (parsed === null || !/^(?:tcp|https?):\/\//u.test(url))
    return { refusal: `${url} is neither unix://… nor tcp://…` };
  return {
    kind: "tcp",
    url,
    host: parsed.hostname.replaceAll(/[[\]]/gu, ""),
    port: parsed.port === "" ? (tlsFolder === undefined ? 2375 : 2376) : Number(parsed.port),
    ...(tlsFolder === undefined ? {} : { tlsFolder }),
  };
}

/** The endpoint of a socket file. */
export function unixEndpoint(socketPath: string): EngineEndpoint {
  return { kind: "unix", url: `unix://${socketPath}`, socketPath };
}

/** The variables that point the engine's own programs at this endpoint, whatever the user's context says. */
export function endpointVariables(endpoint: EngineEndpoint): Record<string, string | undefined> {
  const tlsFolder = endpoint.kind === "tcp" ? endpoint.tlsFolder : undefined;
  return {
    DOCKER_HOST: endpoint.url,
    DOCKER_CONTEXT: undefined,
    DOCKER_TLS: undefined,
    DOCKER_TLS_VERIFY: tlsFolder === undefined ? undefined : "1",
    DOCKER_CERT_PATH: tlsFolder,
  };
}
