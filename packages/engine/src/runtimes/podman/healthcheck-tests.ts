import type { ComposeDocument } from "../../isolation/isolated-spec.ts";
import type { Service } from "../../spec/spec.ts";

/**
 * The document with healthchecks as Podman's Docker-compatible API must get them. It takes the words of a `CMD` apart at
 * their spaces and so runs another command; what a shell is given it leaves whole.
 */
export function withWholeHealthchecks(document: ComposeDocument): ComposeDocument {
  const services = Object.entries(document.services).map(([name, service]) => [name, withWholeTest(service)] as const);
  return { ...document, services: Object.fromEntries(services) };
}

function withWholeTest(service: Service): Service {
  const { healthcheck } = service;
  const [kind, ...words] = Array.isArray(healthcheck?.test) ? healthcheck.test : [];
  if (kind !== "CMD" || words.every((word) => /^\S+$/u.test(word))) return service;
  return { ...service, healthcheck: { ...healthcheck, test: ["CMD-SHELL", words.map(quoted).join(" ")] } };
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
