import { posix } from "node:path";
import { CiloError, isCiloError } from "@cilo/base";
import { EngineCode } from "../../errors.ts";
import type { EnvironmentSpec, Service } from "../../spec/spec.ts";
import { composeParser } from "../compose/compose-parser.ts";
import type { ImageFacts, ParseOptions } from "../parser.ts";
import type { ResolvedDevcontainer } from "./configuration.ts";
import { invalid, type Json, textsOf } from "./read.ts";

/** The Compose project of a devcontainer, and which of its services is entered. */
export interface ComposeProject {
  readonly spec: EnvironmentSpec;
  readonly service: string;
}

/**
 * Reads the Compose files that a devcontainer names.
 * @throws CiloError `PROJECT_INVALID`, `FILE_NOT_FOUND` as the Compose parser
 */
export function composeServiceProject(
  resolved: ResolvedDevcontainer,
  options: ParseOptions & { readonly name: string },
): ComposeProject {
  const { configuration, source } = resolved;
  const service = configuration["service"];
  if (typeof service !== "string" || service === "")
    throw invalid([source.problem(["dockerComposeFile"], "dockerComposeFile needs service: which one is entered")]);
  const request = {
    ...options,
    ...composeFiles(resolved, options),
    services: wanted(configuration["runServices"], service),
  };
  const spec = parseNamed(request, { name: options.name, service, resolved });
  const { image } = options;
  const found = Object.hasOwn(spec.services, service) ? spec.services[service] : undefined;
  if (found === undefined)
    throw invalid([
      source.problem(
        ["service"],
        `There is no service ${JSON.stringify(service)} in the Compose files`,
        `There is ${Object.keys(spec.services).join(", ")}`,
      ),
    ]);
  if (image === undefined) return { spec, service };
  const { build: _, ...rest } = found;
  const ready: Service = { ...rest, image: image.reference, pull_policy: "never" };
  return { spec: { ...spec, services: { ...withSameImage(spec.services, found, image), [service]: ready } }, service };
}

/** Services that run what this one builds, without building it themselves. */
function withSameImage(
  services: EnvironmentSpec["services"],
  built: Service,
  { reference }: ImageFacts,
): EnvironmentSpec["services"] {
  const isSame = (service: Service): boolean => service.build === undefined && service.image === built.image;
  if (built.build === undefined || built.image === undefined) return services;
  return Object.fromEntries(
    Object.entries(services).map(([name, service]) => [
      name,
      isSame(service) ? { ...service, image: reference, pull_policy: "never" } : service,
    ]),
  );
}

/** In a folder such as `.devcontainer`, the project would be called as that: then it is called as what it is for. */
function parseNamed(
  request: ParseOptions,
  {
    name,
    service,
    resolved,
  }: { readonly name: string; readonly service: string; readonly resolved: ResolvedDevcontainer },
): EnvironmentSpec {
  try {
    const spec = parseAlsoNameless(request, name);
    const isNamedAsFolder =
      spec.projectDir !== request.workingDir && spec.name === posix.basename(spec.projectDir).replace(/^\.+/u, "");
    return isNamedAsFolder ? composeParser.parse({ ...request, projectName: name }) : spec;
  } catch (error) {
    if (!isCiloError(error, EngineCode.serviceNotFound)) throw error;
    throw new CiloError(EngineCode.projectInvalid, "The devcontainer has a problem", {
      cause: error,
      problems: [missingService(error, { service, resolved })],
    });
  }
}

/** The files' own name may come to nothing, as that of a variable that is not set: then it is called as what it is for too. */
function parseAlsoNameless(request: ParseOptions, name: string): EnvironmentSpec {
  try {
    return composeParser.parse(request);
  } catch (error) {
    if (!isCiloError(error, EngineCode.projectInvalid)) throw error;
    return composeParser.parse({ ...request, projectName: name });
  }
}

function missingService(
  error: CiloError,
  { service, resolved }: { readonly service: string; readonly resolved: ResolvedDevcontainer },
) {
  const isEntered = error.message.includes(JSON.stringify(service));
  return resolved.source.problem(
    [isEntered ? "service" : "runServices"],
    `${error.message} in the Compose files`,
    error.hint,
  );
}

function composeFiles(
  { configuration, source }: ResolvedDevcontainer,
  { files }: ParseOptions,
): Pick<ParseOptions, "projectFiles"> {
  const written = configuration["dockerComposeFile"];
  const paths = textsOf(written).map((file) => posix.resolve(posix.dirname(source.path), file));
  const absent = paths.findIndex((path) => files.kind(path) !== "file");
  if (absent >= 0) {
    const key = Array.isArray(written) ? ["dockerComposeFile", absent] : ["dockerComposeFile"];
    throw invalid([source.problem(key, `there is no Compose file at ${paths[absent]}`)]);
  }
  return paths.length === 0 ? {} : { projectFiles: paths };
}

/** Nothing named: all of them. */
function wanted(runServices: Json | undefined, service: string): string[] {
  if (!Array.isArray(runServices) || runServices.length === 0) return [];
  return [...new Set([...textsOf(runServices), service])];
}
