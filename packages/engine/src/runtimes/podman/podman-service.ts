import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { isCiloError, lock, poll, startDetached } from "@cilo/base";
import { EngineCode } from "../../errors.ts";
import { connectEngine, type EngineClient } from "../engine/client.ts";
import { type EngineEndpoint, unixEndpoint } from "../engine/endpoint.ts";

/** Podman ends a service that nobody has asked anything for so long; the next command starts another. */
const IDLE_SECONDS = 300;
const START_MS = 15_000;

/**
 * Podman has no daemon: where no socket unit of systemd listens, its API is there while `podman system service` runs.
 * Starts one on this socket for as long as it is used, and answers a connection; `undefined` when it does not come up.
 * Of several at once one starts it.
 */
export async function startPodmanService(
  { program, socketPath }: { readonly program: string; readonly socketPath: string },
  options: { readonly signal: AbortSignal; readonly env: Readonly<Record<string, string | undefined>> },
): Promise<EngineClient | undefined> {
  const { signal, env } = options;
  await mkdir(dirname(socketPath), { recursive: true, mode: 0o700 });
  await using _ = await lock(`${socketPath}.cilo`, { signal, timeoutMs: START_MS });
  const endpoint = unixEndpoint(socketPath);
  const other = await answering(endpoint, signal);
  if (other !== undefined) return other;
  const args = ["system", "service", `--time=${IDLE_SECONDS}`, endpoint.url];
  if (!(await startDetached(program, args, env))) return undefined;
  try {
    return await poll(() => answering(endpoint, signal), { signal, timeoutMs: START_MS, what: "Podman's service" });
  } catch (error) {
    if (isCiloError(error, "TIMEOUT")) return undefined;
    throw error;
  }
}

async function answering(endpoint: EngineEndpoint, signal: AbortSignal): Promise<EngineClient | undefined> {
  try {
    return await connectEngine(endpoint, { signal });
  } catch (error) {
    if (isCiloError(error, EngineCode.engineUnreachable)) return undefined;
    throw error;
  }
}
