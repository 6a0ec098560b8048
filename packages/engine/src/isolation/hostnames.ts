import { CiloError } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import { isDnsLabel } from "../spec/names.ts";
import type { Service } from "../spec/spec.ts";
import { lookup, unique } from "./records.ts";

/** On a service: whole host names it answers to as well, separated by commas or spaces. */
const HOSTNAMES_LABEL = "cilo.hostnames";

/**
 * A host name in lower case (RFC 1123: labels of `a-z 0-9 -`, 253 characters, at least one dot). Label text is hostile
 * input: what is not one goes no further.
 * @throws CiloError `HOSTNAME_INVALID`
 */
function parseHostname(text: string, service: string): string {
  const name = text.toLowerCase().replace(/\.$/u, "");
  const labels = name.split(".");
  if (name.length <= 253 && labels.length > 1 && labels.every(isDnsLabel)) return name;
  throw new CiloError(
    EngineCode.hostnameInvalid,
    `service ${service}: ${JSON.stringify(text.slice(0, 80))} is not a host name`,
    { hint: "Write whole names such as shop.agent-1.test, separated by commas or spaces" },
  );
}

/**
 * The extra host names of every service that has some, from its label and from the config.
 * @throws CiloError `HOSTNAME_INVALID`; `NAME_TAKEN` when a name is given to two services. `taken` is name → owner.
 */
export function serviceHostnames(
  services: Readonly<Record<string, Service>>,
  configured: Readonly<Record<string, readonly string[]>>,
  taken: ReadonlyMap<string, string>,
): ReadonlyMap<string, readonly string[]> {
  const owners = new Map(taken);
  return new Map(
    Object.entries(services).map(([service, definition]) => {
      const texts = [...labelTexts(definition), ...(lookup(configured, service) ?? [])];
      const names = unique(texts.map((text) => parseHostname(text, service)));
      for (const name of names) claim(owners, name, service);
      return [service, names];
    }),
  );
}

function labelTexts(service: Service): string[] {
  return (lookup(service.labels, HOSTNAMES_LABEL) ?? "").split(/[\s,]+/u).filter((text) => text !== "");
}

function claim(owners: Map<string, string>, name: string, service: string): void {
  const owner = owners.get(name);
  if (owner !== undefined && owner !== service)
    throw new CiloError(EngineCode.nameTaken, `${name} is asked for by two services: ${owner} and ${service}`, {
      hint: `Take it from one of them: label ${HOSTNAMES_LABEL}, or hostnames in .cilo/config.yml`,
    });
  owners.set(name, service);
}
