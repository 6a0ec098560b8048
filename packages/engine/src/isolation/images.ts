import type { Service } from "../spec/spec.ts";
import type { ServiceContext } from "./service-context.ts";
import { optional, without } from "./records.ts";
import { isolateBuild } from "./builds.ts";

/**
 * Image name in the project → the service that builds it, for every image with a name that is built here: the first
 * one, and of an environment's own services before any shared one.
 */
export function imageBuilders(
  services: Readonly<Record<string, Service>>,
  shared: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const builders = new Map<string, string>();
  const entries = Object.entries(services);
  const ownFirst = [...entries.filter(([name]) => !shared.has(name)), ...entries.filter(([name]) => shared.has(name))];
  for (const [name, { build, image }] of ownFirst)
    if (build !== undefined && image !== undefined && !builders.has(image)) builders.set(image, name);
  return builders;
}

/**
 * An image that is built here gets a name of the environment's own, for whoever uses it, and is never pulled. Other
 * images are untouched.
 */
export function isolateImage(service: Service, at: ServiceContext): Service {
  const builder = service.image === undefined ? undefined : at.survey.builders.get(service.image);
  if (service.build === undefined && builder === undefined) return service;
  const image = at.target.imageOf(builder ?? at.name);
  if (service.build !== undefined && service.image !== undefined)
    at.report.notice("image-renamed", `${at.name}: image ${service.image} is built as ${image}`, at.name);
  return {
    ...without(service, "pull_policy", "build"),
    image,
    pull_policy: service.build !== undefined && service.pull_policy === "build" ? "build" : "never",
    ...optional("build", service.build === undefined ? undefined : isolateBuild(service.build, at)),
  };
}
