import { existsSync } from "node:fs";
import { join } from "node:path";
import { CiloError, isErrno } from "@cilo/base";
import { EngineCode } from "../../errors.ts";
import { createComposeRuntime } from "../compose-runtime.ts";
import { findCompose, findOnPath } from "../compose/program.ts";
import type { EngineClient } from "../engine/client.ts";
import { firstAnswering, isRefusals, type Refusal, refusalsText } from "../engine/first-answering.ts";
import type { Runtime } from "../runtime.ts";
import { createHealthchecks } from "./healthchecks.ts";
import { withWholeHealthchecks } from "./healthcheck-tests.ts";
import { asDockerAnswers } from "./podman-client.ts";
import { ownSocket, podmanCandidates, type PodmanPlace } from "./podman-endpoints.ts";
import { startPodmanService } from "./podman-service.ts";

interface Options {
  readonly signal: AbortSignal;
}

/**
 * Podman by its Docker-compatible socket, driven by the same Compose program as Docker. Looks for neither before it is
 * used; where nothing listens on the user's socket, `podman system service` is started on it.
 */
export function createPodmanRuntime(place: PodmanPlace): Runtime {
  const { env } = place;
  return createComposeRuntime({
    name: "podman",
    // Podman's networks reach one another unless both are made so.
    networkOptions: { isolate: "true" },
    program: "podman",
    env,
    // Podman builds with Buildah, behind the API of Docker's classic builder. Where CONTAINER_HOST is set, `podman` speaks
    // to that engine instead of being one.
    variables: ({ url }) => ({ DOCKER_BUILDKIT: "0", CONTAINER_HOST: url }),
    connect: async (options) => asDockerAnswers(await connectPodman(place, options)),
    adapt: withWholeHealthchecks,
    findCompose: (options) => findCompose(env, options),
    ...(hasTimers(place) ? {} : { healthchecks: createHealthchecks() }),
  });
}

/** True where systemd runs the healthchecks of this user's containers. */
function hasTimers({ env, platform, uid }: PodmanPlace): boolean {
  if (platform !== "linux") return true;
  return existsSync(uid === 0 ? "/run/systemd/system" : join(env["XDG_RUNTIME_DIR"] || `/run/user/${uid}`, "systemd"));
}

async function connectPodman(place: PodmanPlace, options: Options): Promise<EngineClient> {
  const answer = await firstAnswering(await podmanCandidates(place, options), options);
  if (!isRefusals(answer)) return answer;
  const program = await findOnPath("podman", place.env);
  if (program !== undefined && mayStart(place, answer)) {
    const started = await startPodmanService({ program, socketPath: ownSocket(place) }, { ...options, env: place.env });
    if (started !== undefined) return started;
  }
  throw noPodman(answer, { ...place, program });
}

/** A service can be started on a socket of this user's own that is not there or that nobody listens on. */
function mayStart({ env, platform }: PodmanPlace, refusals: readonly Refusal[]): boolean {
  if (platform !== "linux" || env["CONTAINER_HOST"]) return false;
  return refusals.every(({ cause }) => isErrno(cause, "ENOENT", "ECONNREFUSED"));
}

function noPodman(refusals: readonly Refusal[], place: PodmanPlace & { program: string | undefined }): CiloError {
  if (place.program === undefined && !place.env["CONTAINER_HOST"])
    return new CiloError(EngineCode.engineMissing, "Podman is not installed", {
      hint: "Install Podman: https://podman.io/docs/installation",
    });
  return new CiloError(EngineCode.engineUnreachable, `Podman cannot be reached ${refusalsText(refusals)}`, {
    cause: refusals,
    hint: hintFor(place),
  });
}

function hintFor({ env, platform, uid }: PodmanPlace): string {
  if (env["CONTAINER_HOST"]) return "Start that engine, or unset CONTAINER_HOST to use this machine's";
  if (platform !== "linux") return "Start Podman's machine: podman machine start";
  return `Start it to see why: podman system service${uid === 0 ? "" : " (as this user)"}`;
}
