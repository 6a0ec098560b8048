import { join } from "node:path";
import { isCiloError, run } from "@cilo/base";
import { type EngineCandidate, parseEndpoint, unixEndpoint } from "../engine/endpoint.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The user and system that decide where Podman listens. */
export interface PodmanPlace {
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  /** Of the invoking user; absent where there are none. */
  readonly uid: number | undefined;
}

/**
 * Ways to Podman's Docker-compatible API. `CONTAINER_HOST`, Podman's own variable, is the only one where it is set;
 * else it is the socket that `podman` itself would use for this user, and on macOS that of the running Podman machine.
 */
export async function podmanCandidates(
  place: PodmanPlace,
  options: { readonly signal: AbortSignal },
): Promise<EngineCandidate[]> {
  const host = place.env["CONTAINER_HOST"];
  if (host) {
    const parsed = parseEndpoint(host);
    return [{ from: "CONTAINER_HOST", ...("refusal" in parsed ? parsed : { endpoint: parsed }) }];
  }
  const path = place.platform === "linux" ? ownSocket(place) : await machineSocket(place, options);
  return path === undefined ? [] : [{ from: "Podman's socket", endpoint: unixEndpoint(path) }];
}

/** The socket of this user's Podman on Linux: root's is the system's, everyone else has one. */
export function ownSocket({ env, uid }: PodmanPlace): string {
  if (uid === 0) return "/run/podman/podman.sock";
  return join(env["XDG_RUNTIME_DIR"] || `/run/user/${uid}`, "podman/podman.sock");
}

/** `undefined` where Podman is not installed or none of its machines runs. */
async function machineSocket(
  { env }: PodmanPlace,
  options: { readonly signal: AbortSignal },
): Promise<string | undefined> {
  try {
    const args = ["machine", "inspect", "--format", "{{.ConnectionInfo.PodmanSocket.Path}}"];
    return (await run("podman", args, { ...options, env })).stdout.split("\n")[0]?.trim() || undefined;
  } catch (error) {
    if (isCiloError(error)) return undefined;
    throw error;
  }
}
