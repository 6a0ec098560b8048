import { CiloError } from "@cilo/base";
import { EngineCode } from "../../errors.ts";
import type { EnvironmentSpec } from "../../spec/spec.ts";
import { FILE_OBJECT, NETWORK, SERVICE, type Shape, type Struct, VOLUME } from "./shapes.ts";

/**
 * The project as the reference prints it in JSON (`docker compose config --format json`): every `$` doubled, structures
 * it always prints there although they are empty, extensions (`x-…`) only at the top.
 *
 * @throws CiloError `PROJECT_INVALID` for SSH keys with a path, which the reference fails to print too.
 */
export function printCompose(spec: EnvironmentSpec): unknown {
  const sections: readonly (readonly [string, object | undefined, Struct])[] = [
    ["networks", spec.networks, NETWORK],
    ["volumes", spec.volumes, VOLUME],
    ["secrets", spec.secrets, FILE_OBJECT],
    ["configs", spec.configs, FILE_OBJECT],
  ];
  const printed: [string, unknown][] = [
    ["name", spec.name],
    ["services", value(spec.services, { map: { struct: SERVICE } })],
  ];
  for (const [key, section, struct] of sections) {
    if (section !== undefined && Object.keys(section).length > 0)
      printed.push([key, value(section, { map: { struct } })]);
  }
  printed.push(...Object.entries(spec.other ?? {}));
  return escape(Object.fromEntries(printed));
}

function value(tree: unknown, shape: Shape): unknown {
  if (shape === "ssh") return sshKeys(tree);
  if (typeof shape !== "object" || tree === null || tree === undefined) return tree;
  if ("list" in shape) return Array.isArray(tree) ? tree.map((item) => value(item, shape.list)) : tree;
  if (typeof tree !== "object") return tree;
  if ("map" in shape)
    return Object.fromEntries(Object.entries(tree).map(([key, member]) => [key, value(member, shape.map)]));
  return struct(tree, shape.struct);
}

function struct(tree: object, fields: Struct): object {
  const printed: [string, unknown][] = [];
  for (const [key, member] of Object.entries(tree)) {
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (field !== undefined && field.unprinted !== true)
      printed.push([field.printedAs ?? key, value(member, field.shape)]);
  }
  for (const [key, field] of Object.entries(fields)) {
    if (field.printed !== undefined && !Object.hasOwn(tree, key)) printed.push([field.printedAs ?? key, field.printed]);
  }
  return Object.fromEntries(printed);
}

function sshKeys(tree: unknown): unknown {
  const keys = Array.isArray(tree) ? tree : [];
  const withPath = keys.find((key): key is string => typeof key === "string" && key.includes("="));
  if (withPath === undefined) return tree;
  throw new CiloError(
    EngineCode.projectInvalid,
    `The SSH key ${withPath} has a path, which the reference's JSON has no form for`,
    {
      hint: "Leave out --as compose",
    },
  );
}

function escape(tree: unknown): unknown {
  if (typeof tree === "string") return tree.replaceAll("$", "$$$$");
  if (Array.isArray(tree)) return tree.map(escape);
  if (typeof tree !== "object" || tree === null) return tree;
  return Object.fromEntries(Object.entries(tree).map(([key, member]) => [key.replaceAll("$", "$$$$"), escape(member)]));
}
