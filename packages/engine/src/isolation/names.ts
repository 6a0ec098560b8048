import { createHash } from "node:crypto";
import { CiloError } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import { type EnvironmentIdentity, Label } from "./isolated-spec.ts";

/**
 * How things of ours are called at an engine. Project and environment are DNS labels, so they contain no `_` and every
 * name below can be read back in one way only: no two environments, and no two homes, can ever mean the same object.
 *
 * ```
 * cilo_<project>_<environment>_<home>[_<key>]            an environment's Compose project, networks, volumes
 * cilo_<project>_<label>_shared_<hash>[_<key>]           a shared service's ("shared" is no home: it is not hex)
 * cilo.localhost/<home>/<project>/<environment>/<label>  an image built here; no registry can be there
 * cilo.localhost/<home>/<project>/<label>:shared-<hash>  the same for a shared service
 * ```
 */
export function composeProjectName(identity: EnvironmentIdentity): string {
  return ["cilo", identity.project, identity.environment, identity.home].join("_");
}

/** The Compose project that runs one definition of a shared service. */
export function sharedProjectName(
  identity: Pick<EnvironmentIdentity, "project">,
  service: { label: string; hash: string },
): string {
  return ["cilo", identity.project, service.label, "shared", service.hash.slice(0, 12)].join("_");
}

const KEY = /^[a-zA-Z0-9._-]+$/u;
const LONGEST = 200;

/**
 * The engine's name of a network, volume, config or secret of a Compose project.
 * @throws CiloError `NAME_INVALID` when the key is not of the characters an engine allows
 */
export function engineName(composeProject: string, key: string): string {
  if (!KEY.test(key))
    throw new CiloError(EngineCode.nameInvalid, `${JSON.stringify(key.slice(0, 80))} cannot be part of a name`, {
      hint: "Use a-z, A-Z, 0-9, '.', '_' and '-' in the names of networks, volumes, configs and secrets",
    });
  const name = `${composeProject}_${key}`;
  return name.length <= LONGEST ? name : `${name.slice(0, LONGEST - 17)}.${sha256(name).slice(0, 16)}`;
}

/** Repository of an image that an environment builds. */
export function imageName(identity: EnvironmentIdentity, label: string): string {
  return ["cilo.localhost", identity.home, identity.project, identity.environment, label].join("/");
}

/** The image that a shared service builds. */
export function sharedImageName(identity: EnvironmentIdentity, service: { label: string; hash: string }): string {
  const repository = ["cilo.localhost", identity.home, identity.project, service.label].join("/");
  return `${repository}:shared-${service.hash.slice(0, 12)}`;
}

/** `<label>.<environment><suffix>`: what a service answers to, on the host and inside. */
export function serviceHostname(identity: EnvironmentIdentity, label: string): string {
  return `${label}.${identity.environment}${identity.suffix}`;
}

/** `<project>.<environment><suffix>`: what the ingress answers to as well. */
export function apexHostname(identity: EnvironmentIdentity): string {
  return serviceHostname(identity, identity.project);
}

/** The labels by which everything of an environment is found again. */
export function environmentLabels(identity: EnvironmentIdentity): Record<string, string> {
  return {
    [Label.home]: identity.home,
    [Label.project]: identity.project,
    [Label.environment]: identity.environment,
  };
}

/** SHA-256 in hex. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
