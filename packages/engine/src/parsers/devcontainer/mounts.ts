import { posix } from "node:path";
import type { ServiceVolume } from "../../spec/spec.ts";
import { type Json, isObject, asText } from "./read.ts";

const ALIASES: Readonly<Record<string, string>> = {
  src: "source",
  dst: "target",
  destination: "target",
  ro: "readonly",
};

/** A mount as `docker run --mount` takes it, or as an object; `undefined` where it has no target. */
export function parseMount(mount: Json): ServiceVolume | undefined {
  if (typeof mount === "string") return mountOf(fieldsOf(mount));
  if (!isObject(mount)) return undefined;
  return mountOf(new Map(Object.entries(mount).map(([key, value]) => [key, asText(value)])));
}

/** One line of CSV: `key=value`, or a key alone. */
function fieldsOf(text: string): Map<string, string> {
  const fields = [...text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/gu)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "",
  );
  return new Map(
    fields.map((field) => {
      const at = field.indexOf("=");
      const key = (at < 0 ? field : field.slice(0, at)).trim().toLowerCase();
      return [ALIASES[key] ?? key, at < 0 ? "true" : field.slice(at + 1)];
    }),
  );
}

function mountOf(fields: ReadonlyMap<string, string>): ServiceVolume | undefined {
  const target = fields.get("target");
  if (target === undefined || target === "") return undefined;
  const type = fields.get("type") ?? "volume";
  const source = fields.get("source");
  const consistency = fields.get("consistency");
  const propagation = fields.get("bind-propagation");
  const isReadOnly = fields.has("readonly") && !/^(?:false|0)$/u.test(fields.get("readonly") ?? "");
  return {
    type,
    ...(source === undefined || source === "" || type === "tmpfs" ? {} : { source: placed(source, type) }),
    target,
    ...(isReadOnly ? { read_only: true } : {}),
    ...(consistency === undefined ? {} : { consistency }),
    ...(type !== "bind" || propagation === undefined ? {} : { bind: { propagation } }),
    ...(type === "tmpfs" ? sizeOf(fields) : {}),
  };
}

function placed(source: string, type: string): string {
  return type === "bind" && source.startsWith("/") ? posix.normalize(source).replace(/(?<=.)\/$/u, "") : source;
}

function sizeOf(fields: ReadonlyMap<string, string>): Pick<ServiceVolume, "tmpfs"> {
  const size = fields.get("tmpfs-size");
  return size === undefined ? {} : { tmpfs: { size } };
}

/** `docker run --volume`. */
export function parseShortVolume(text: string): ServiceVolume | undefined {
  const [first = "", second, options = ""] = text.split(":");
  if (first === "") return undefined;
  if (second === undefined) return { type: "volume", target: first };
  const type = first.startsWith("/") ? "bind" : "volume";
  return {
    type,
    source: placed(first, type),
    target: second,
    ...(options.split(",").includes("ro") ? { read_only: true } : {}),
    ...(type === "bind" ? { bind: { create_host_path: true } } : {}),
  };
}

/** Of mounts with the same target the last one stays, in its place. */
export function lastByTarget(mounts: readonly ServiceVolume[]): ServiceVolume[] {
  return mounts.filter((mount, index) => mounts.findLastIndex((other) => other.target === mount.target) === index);
}
