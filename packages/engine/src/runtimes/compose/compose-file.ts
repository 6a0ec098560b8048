import type { ComposeDocument } from "../../isolation/isolated-spec.ts";
import { yamlText } from "./yaml-text.ts";

/**
 * What the variables behind `secrets:` and `configs:` with `environment:` are called in the generated file and in the
 * environment of the Compose program. Under the project's own name a variable such as `LD_PRELOAD`, `PATH` or
 * `DOCKER_HOST`, set by the project's `.env`, would steer programs on the host.
 */
const VALUE_PREFIX = "CILO_VALUE_";

/** The file that Compose is run with. Equal documents give equal text. Compose reads back exactly the document's values. */
export function renderComposeFile(document: ComposeDocument): string {
  return yamlText({
    name: literal(document.name),
    services: literal(document.services),
    networks: literal(document.networks),
    volumes: literal(document.volumes),
    configs: literal(withRenamedVariables(document.configs)),
    secrets: literal(withRenamedVariables(document.secrets)),
    ...Object.fromEntries(Object.entries(document.other ?? {}).map(([key, value]) => [key, literal(value)])),
  });
}

/** The variables to run Compose with, given those that the document's `environment:` references name. */
export function composeVariables(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [`${VALUE_PREFIX}${name}`, value]));
}

/** What a variable of {@link composeVariables} is called in the project. */
export function projectVariable(name: string): string {
  return name.startsWith(VALUE_PREFIX) ? name.slice(VALUE_PREFIX.length) : name;
}

type FileObjects = NonNullable<ComposeDocument["secrets"]>;

function withRenamedVariables(objects: FileObjects | undefined): FileObjects | undefined {
  if (objects === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(objects).map(([key, object]) => [
      key,
      object.environment === undefined ? object : { ...object, environment: `${VALUE_PREFIX}${object.environment}` },
    ]),
  );
}

/** Compose interpolates every string that is a value, and no key. */
function literal(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("$", "$$$$");
  if (Array.isArray(value)) return value.map(literal);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, literal(member)]));
}
