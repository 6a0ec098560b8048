import { CiloError, isErrno } from "@cilo/base";
import { EngineCode } from "../../errors.ts";
import { createComposeRuntime } from "../compose-runtime.ts";
import { findCompose, findOnPath } from "../compose/program.ts";
import type { EngineClient } from "../engine/client.ts";
import { firstAnswering, isRefusals, type Refusal, refusalsText } from "../engine/first-answering.ts";
import type { Runtime } from "../runtime.ts";
import { dockerCandidates } from "./docker-endpoints.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Docker Engine with the Compose plugin. Looks for neither before it is used. `env` is the caller's environment. */
export function createDockerRuntime({ env }: { readonly env: Environment }): Runtime {
  return createComposeRuntime({
    name: "docker",
    program: "docker",
    env,
    connect: (options) => connectDocker(env, options),
    findCompose: (options) => findCompose(env, options),
  });
}

async function connectDocker(env: Environment, options: { readonly signal: AbortSignal }): Promise<EngineClient> {
  const answer = await firstAnswering(await dockerCandidates(env), options);
  if (!isRefusals(answer)) return answer;
  throw await noDocker(answer, env);
}

async function noDocker(refusals: readonly Refusal[], env: Environment): Promise<CiloError> {
  const chosen = refusals.length === 1;
  if (
    !chosen &&
    refusals.every(({ cause }) => isErrno(cause, "ENOENT")) &&
    (await findOnPath("docker", env)) === undefined
  )
    return new CiloError(EngineCode.engineMissing, "Docker is not installed", {
      hint: "Install Docker Engine: https://docs.docker.com/engine/install/",
    });
  return new CiloError(EngineCode.engineUnreachable, `Docker cannot be reached ${refusalsText(refusals)}`, {
    cause: refusals,
    hint: hintFor(refusals),
  });
}

function hintFor(refusals: readonly Refusal[]): string {
  if (refusals.some(({ cause }) => isErrno(cause, "EACCES", "EPERM")))
    return "Let your user use Docker: sudo usermod -aG docker $USER, then log in again";
  if (refusals.length === 1 && refusals[0]?.from === "DOCKER_HOST")
    return "Start that engine, or unset DOCKER_HOST to use this machine's";
  if (refusals.length === 1 && refusals[0]?.from.includes("context"))
    return "Start that engine, or choose another: docker context use default";
  return process.platform === "darwin" ? "Start Docker Desktop" : "Start Docker: sudo systemctl start docker";
}
