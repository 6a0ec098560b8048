import { posix } from "node:path";
import type { FileObject, Service } from "../spec/spec.ts";
import type { Report } from "./report.ts";
import type { ServiceContext, Target } from "./service-context.ts";
import { engineName } from "./names.ts";
import { asList, asRecord, mapValues, optional, without } from "./records.ts";

/** Top-level `configs` or `secrets`, their files in the workspace. */
export function isolateFileObjects(
  objects: Readonly<Record<string, FileObject>> | undefined,
  at: { target: Target; report: Report; what: "config" | "secret" },
): Record<string, FileObject> | undefined {
  return objects === undefined ? undefined : mapValues(objects, (object, key) => isolateFileObject(object, key, at));
}

function isolateFileObject(
  object: FileObject,
  key: string,
  at: { target: Target; report: Report; what: "config" | "secret" },
): FileObject {
  if (object.external === true) {
    at.report.notice("external-secret", `${at.what} ${key} is external: Compose has no store to take it from`);
    return object;
  }
  return {
    ...object,
    name: engineName(at.target.composeProject, key),
    ...optional("file", object.file === undefined ? undefined : placeFile(object.file, at)),
  };
}

function placeFile(path: string, at: { target: Target; report: Report }, service?: string): string {
  const place = at.target.place(path);
  if (!place.isPrivate)
    at.report.share({ kind: "file", what: place.path, ...optional("service", service), readOnly: true });
  return place.path;
}

/**
 * The other files that a service names. `env_file` and `label_file` have been read into `environment` and `labels`
 * when the spec was made, so they go.
 */
export function isolateFiles(service: Service, at: ServiceContext): Service {
  const security = service["security_opt"];
  const credentials = asRecord(service["credential_spec"]);
  const file = credentials?.["file"];
  return {
    ...without(service, "env_file", "label_file"),
    ...(Array.isArray(security) ? { security_opt: security.map((option: unknown) => placeSeccomp(option, at)) } : {}),
    ...(typeof file === "string" ? { credential_spec: { ...credentials, file: placeFile(file, at, at.name) } } : {}),
    ...(service.develop === undefined ? {} : { develop: placeWatches(service.develop, at) }),
  };
}

/** `seccomp:profile.json` is read by Compose, relative to the project's folder. */
function placeSeccomp(option: unknown, at: ServiceContext): unknown {
  const match = typeof option === "string" ? /^(seccomp[=:])(.+)$/su.exec(option) : null;
  const [, prefix = "", profile = ""] = match ?? [];
  if (match === null || profile === "unconfined" || profile === "builtin" || profile.startsWith("{")) return option;
  return `${prefix}${placeFile(posix.resolve(at.survey.spec.projectDir, profile), at, at.name)}`;
}

type Develop = NonNullable<Service["develop"]>;

function placeWatches(develop: Develop, at: ServiceContext): Develop {
  const watches = asList(develop["watch"]);
  if (watches.length === 0) return develop;
  const placed = develop["watch"];
  if (!Array.isArray(placed)) return develop;
  return {
    ...develop,
    watch: placed.map((watch) => {
      const path = asRecord(watch)?.["path"];
      return typeof path === "string" && path.startsWith("/") && isJsonRecord(watch)
        ? { ...watch, path: at.target.place(path).path }
        : watch;
    }),
  };
}

type Json = Develop[string];

function isJsonRecord(value: Json): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
