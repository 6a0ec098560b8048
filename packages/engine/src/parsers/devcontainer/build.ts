import { posix } from "node:path";
import type { Build, Notice } from "../../spec/spec.ts";
import type { ResolvedDevcontainer } from "./configuration.ts";
import { type JsonObject, isObject, asText, textsOf } from "./read.ts";

/** What a configuration builds from; `undefined` when it names no Dockerfile. */
export interface DockerfileBuild {
  readonly build: Build;
  /** Absolute. */
  readonly dockerfile: string;
  /** Path of the value that names it. */
  readonly key: readonly string[];
  readonly notices: readonly Notice[];
}

/** `build.*`, and the older `dockerFile` and `context`. Paths start at the configuration's folder. */
export function dockerfileBuild({ configuration, source }: ResolvedDevcontainer): DockerfileBuild | undefined {
  const build = isObject(configuration["build"]) ? configuration["build"] : {};
  const older = configuration["dockerFile"];
  const named = typeof older === "string" ? older : build["dockerfile"];
  if (typeof named !== "string") return undefined;
  const folder = posix.dirname(source.path);
  const context = typeof older === "string" ? configuration["context"] : build["context"];
  const dockerfile = posix.resolve(folder, named);
  const place = posix.resolve(folder, typeof context === "string" ? context : ".");
  const options = readOptions(textsOf(build["options"]));
  const cacheFrom = textsOf(build["cacheFrom"]);
  const args = isObject(build["args"]) ? argumentsOf(build["args"]) : {};
  const target = build["target"];
  return {
    build: {
      context: place,
      dockerfile: posix.relative(place, dockerfile),
      ...options.build,
      ...(typeof target === "string" && target !== "" ? { target } : {}),
      ...(cacheFrom.length === 0 ? {} : { cache_from: cacheFrom }),
      ...(Object.keys(args).length === 0 ? {} : { args: { ...options.build.args, ...args } }),
    },
    dockerfile,
    key: typeof older === "string" ? ["dockerFile"] : ["build", "dockerfile"],
    notices: options.unknown.map((option) => ({
      code: "build-option-ignored",
      message: `build.options: ${option} is not used`,
    })),
  };
}

function argumentsOf(args: JsonObject): Record<string, string> {
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [name, asText(value)]));
}

const WITH_VALUE = [
  "add-host",
  "label",
  "network",
  "platform",
  "shm-size",
  "target",
  "build-arg",
  "cache-from",
  "build-context",
  "ssh",
];

/** Flags of `docker build`, `--flag=value` and `--flag value`. */
function readOptions(options: readonly string[]): { readonly build: Build; readonly unknown: readonly string[] } {
  const values: Record<string, string[]> = {};
  const unknown: string[] = [];
  for (let index = 0; index < options.length; index++) {
    const option = options[index] ?? "";
    const [, name = "", own] = /^--([a-z-]+)(?:=(.*))?$/su.exec(option) ?? [];
    if (name === "no-cache" || name === "pull") (values[name] ??= []).push("true");
    else if (WITH_VALUE.includes(name)) (values[name] ??= []).push(own ?? options[++index] ?? "");
    else unknown.push(option);
  }
  return { build: buildOf(values), unknown };
}

function buildOf(values: Readonly<Record<string, readonly string[]>>): Build {
  const last = (name: string): string | undefined => values[name]?.at(-1);
  const [network, target, size] = [last("network"), last("target"), last("shm-size")];
  return {
    ...(network === undefined ? {} : { network }),
    ...(target === undefined ? {} : { target }),
    ...(size === undefined ? {} : { shm_size: size }),
    ...(values["pull"] === undefined ? {} : { pull: true }),
    ...(values["no-cache"] === undefined ? {} : { no_cache: true }),
    ...(values["platform"] === undefined ? {} : { platforms: values["platform"] }),
    ...(values["ssh"] === undefined ? {} : { ssh: values["ssh"] }),
    ...(values["cache-from"] === undefined ? {} : { cache_from: [...values["cache-from"]] }),
    ...(values["add-host"] === undefined
      ? {}
      : { extra_hosts: values["add-host"].map((host) => host.replace(":", "=")) }),
    ...(values["label"] === undefined ? {} : { labels: pairs(values["label"]) }),
    ...(values["build-arg"] === undefined ? {} : { args: pairs(values["build-arg"]) }),
    ...(values["build-context"] === undefined ? {} : { additional_contexts: pairs(values["build-context"]) }),
  };
}

function pairs(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf("=");
      return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}
