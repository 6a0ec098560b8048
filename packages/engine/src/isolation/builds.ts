import { posix } from "node:path";
import type { Build } from "../spec/spec.ts";
import type { ServiceContext } from "./service-context.ts";
import { asList, mapValues, optional, without } from "./records.ts";

/** A build from the workspace that leaves nothing behind under a name others could use. */
export function isolateBuild(build: Build, at: ServiceContext): Build {
  listBuildPrivileges(build, at);
  const context = build.context === undefined ? undefined : placeContext(build.context, at);
  const cacheTo = keptCacheTo(build, at);
  return {
    ...without(withoutTags(build, at), "cache_to"),
    ...optional("context", context),
    ...optional("dockerfile", placeDockerfile(build, context, at)),
    ...optional("additional_contexts", placeContexts(build.additional_contexts, at)),
    ...optional("args", build.args === undefined ? undefined : mapValues(build.args, (value) => ownImage(value, at))),
    ...optional(
      "cache_from",
      build.cache_from?.map((entry) => placeCache(entry, at)),
    ),
    ...(cacheTo.length === 0 ? {} : { cache_to: cacheTo }),
    ...optional("ssh", placeSsh(build, at)),
    // What Compose adds itself where BuildKit builds, and `destroy` finds images by.
    labels: { ...build.labels, ...at.target.labels, "com.docker.compose.project": at.target.composeProject },
  };
}

/** A local folder moves into the workspace; a URL or another kind of context stays. */
function placeContext(context: string, at: ServiceContext): string {
  if (!context.startsWith("/")) return context;
  const place = at.target.place(context);
  if (!place.isPrivate) at.report.share({ kind: "build-context", what: place.path, service: at.name, readOnly: true });
  return place.path;
}

function placeContexts(
  contexts: Readonly<Record<string, string>> | undefined,
  at: ServiceContext,
): Record<string, string> | undefined {
  if (contexts === undefined) return undefined;
  return mapValues(contexts, (context) => {
    if (context.startsWith("docker-image://")) return `docker-image://${ownImage(context.slice(15), at)}`;
    if (context.startsWith("oci-layout:///")) return `oci-layout://${placeContext(context.slice(13), at)}`;
    return placeContext(context, at);
  });
}

function ownImage<T extends string | null>(image: T, at: ServiceContext): T | string {
  const builder = image === null ? undefined : at.survey.builders.get(image);
  return builder === undefined ? image : at.target.imageOf(builder);
}

/** Stays relative to its context, unless it would then be another file than before. */
function placeDockerfile(build: Build, context: string | undefined, at: ServiceContext): string | undefined {
  const { dockerfile } = build;
  if (dockerfile === undefined || build.context?.startsWith("/") !== true || context === undefined) return dockerfile;
  const place = at.target.place(posix.resolve(build.context, dockerfile));
  if (!place.isPrivate) at.report.share({ kind: "build-context", what: place.path, service: at.name, readOnly: true });
  return posix.resolve(context, dockerfile) === place.path ? dockerfile : place.path;
}

function withoutTags(build: Build, at: ServiceContext): Build {
  for (const tag of build.tags ?? [])
    at.report.notice("build-option-removed", `${at.name}: the built image does not get the tag ${tag}`, at.name);
  return without(build, "tags");
}

/** A cache that is written elsewhere would be every environment's; the one inside the image is its own. */
function keptCacheTo(build: Build, at: ServiceContext): string[] {
  const isInline = (entry: string): boolean => entry === "inline" || entry.split(",").includes("type=inline");
  for (const entry of (build.cache_to ?? []).filter((each) => !isInline(each)))
    at.report.notice("build-option-removed", `${at.name}: no build cache is written (${cacheType(entry)})`, at.name);
  return (build.cache_to ?? []).filter(isInline);
}

/** The rest may hold a token. */
function cacheType(entry: string): string {
  return entry.split(",").find((part) => part.startsWith("type=")) ?? "type=registry";
}

/** `type=local,src=folder`: the builder reads it relative to where Compose runs, so it is made absolute. */
function placeCache(entry: string, at: ServiceContext): string {
  if (!entry.split(",").includes("type=local")) return entry;
  const folder = (part: string): string => posix.resolve(at.survey.spec.projectDir, part.slice("src=".length));
  const place = (part: string): string => (part.startsWith("src=") ? `src=${placeContext(folder(part), at)}` : part);
  return entry.split(",").map(place).join(",");
}

/** `default` and `id=/path/to/key` give the build an agent or a key of the host's. */
function placeSsh(build: Build, at: ServiceContext): unknown {
  if (!Array.isArray(build["ssh"])) return build["ssh"];
  return build["ssh"].map((entry: unknown) => {
    const key = typeof entry === "string" ? /^([^=]*=)(\/.*)$/su.exec(entry) : null;
    const place = key?.[2] === undefined ? undefined : at.target.place(key[2]);
    const text = key === null || place === undefined ? entry : `${key[1]}${place.path}`;
    if (place?.isPrivate !== true)
      at.report.share({ kind: "file", what: `ssh ${String(text)}`, service: at.name, readOnly: true });
    return text;
  });
}

function listBuildPrivileges(build: Build, at: ServiceContext): void {
  const service = at.name;
  if (build.network === "host")
    at.report.share({ kind: "namespace", what: "host network while building", service, readOnly: false });
  if (build["privileged"] === true)
    at.report.share({ kind: "privileged", what: "privileged build", service, readOnly: false });
  for (const entitlement of asList(build["entitlements"]))
    at.report.share({ kind: "capability", what: `build entitlement ${String(entitlement)}`, service, readOnly: false });
}
