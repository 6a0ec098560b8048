import type { EnvironmentSpec, Service, ServiceVolume, Volume } from "../../spec/spec.ts";
import type { ParseOptions } from "../parser.ts";
import { dockerfileBuild } from "./build.ts";
import type { ResolvedDevcontainer } from "./configuration.ts";
import { lastByTarget, parseMount } from "./mounts.ts";
import { publishedPorts } from "./ports.ts";
import { invalid, type Json, textsOf } from "./read.ts";
import { readRunArguments } from "./run-args.ts";

/** What the one service of an image or a Dockerfile is called. */
export const OWN_SERVICE = "dev";

/** The project of a devcontainer that is an image or a Dockerfile: one service. @throws CiloError `PROJECT_INVALID` */
export function ownServiceProject(
  resolved: ResolvedDevcontainer,
  options: ParseOptions & { readonly name: string },
): EnvironmentSpec {
  const { configuration, workspace } = resolved;
  const run = readRunArguments(textsOf(configuration["runArgs"]), options.env);
  const ports = publishedPorts([...listOf(configuration["appPort"]), ...run.published]);
  const workspaceMount = workspace.workspaceMount === undefined ? undefined : parseMount(workspace.workspaceMount);
  const volumes = lastByTarget([
    ...(run.service.volumes ?? []),
    ...(workspaceMount === undefined ? [] : [workspaceMount]),
  ]);
  const source = sourceOf(resolved, options);
  const service: Service = {
    ...run.service,
    ...source.service,
    ...(volumes.length === 0 ? {} : { volumes }),
    ...(ports.ports.length === 0 ? {} : { ports: ports.ports.map(({ port }) => port) }),
    networks: { default: null },
  };
  return {
    specVersion: 1,
    name: options.name,
    source: "devcontainer",
    projectDir: options.workingDir,
    files: [resolved.source.path],
    services: { [OWN_SERVICE]: service },
    networks: { default: { name: `${options.name}_default` } },
    notices: [
      ...source.notices,
      ...run.dropped.map((flag) => ({ code: "run-argument-ignored", message: `runArgs: ${flag} is not used` })),
      ...ports.unread.map((text) => ({ code: "port-ignored", message: `${JSON.stringify(text)} is no port` })),
    ],
  };
}

function sourceOf(
  resolved: ResolvedDevcontainer,
  { image, files }: ParseOptions,
): { readonly service: Service; readonly notices: EnvironmentSpec["notices"] } {
  if (image !== undefined) return { service: { image: image.reference, pull_policy: "never" }, notices: [] };
  const found = dockerfileBuild(resolved);
  if (found !== undefined) {
    if (files.kind(found.dockerfile) !== "file")
      throw invalid([resolved.source.problem(found.key, `there is no Dockerfile at ${found.dockerfile}`)]);
    return { service: { build: found.build }, notices: [...found.notices] };
  }
  const named = resolved.configuration["image"];
  if (typeof named === "string" && named !== "") return { service: { image: named }, notices: [] };
  throw invalid([
    resolved.source.problem([], "the devcontainer has neither image, build.dockerfile nor dockerComposeFile"),
  ]);
}

/** Volumes by their names, as the top level lists them. */
export function volumesOf(mounts: readonly ServiceVolume[]): Record<string, Volume> {
  return Object.fromEntries(
    mounts.flatMap(({ type, source }) =>
      type === "volume" && source !== undefined ? [[source, { name: source }]] : [],
    ),
  );
}

function listOf(value: Json | undefined): readonly Json[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}
