import { CiloError } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import type { Service } from "../spec/spec.ts";
import type { Report } from "./report.ts";
import { endpointPorts } from "./ports.ts";
import { lookup } from "./records.ts";

/** On a service: `"true"` makes it the one that `<project>.<environment>.test` and its wildcard lead to. */
const INGRESS_LABEL = "cilo.ingress";

const INGRESS_NAMES = ["web", "app", "frontend", "nginx"];

export interface IngressRequest {
  /** Candidates: the services that are the environment's own. */
  readonly services: Readonly<Record<string, Service>>;
  readonly labels: ReadonlyMap<string, string>;
  readonly project: string;
  /** The config's choice. */
  readonly configured?: string;
}

/**
 * The service that gets the apex name: the one labelled `cilo.ingress`, else the config's, else the one named as the
 * project, else the only one with an HTTP port, else `web`, `app`, `frontend`, `nginx`. `undefined`: none.
 * @throws CiloError `NAME_TAKEN` when another service is named as the project, so that its own name is the apex
 */
export function chooseIngress(request: IngressRequest, report: Report): string | undefined {
  const named = Object.keys(request.services).find((name) => request.labels.get(name) === request.project);
  const chosen = labelled(request, report) ?? configured(request, report);
  if (chosen !== undefined && named !== undefined && chosen !== named) throw apexTaken(chosen, named, request.project);
  return chosen ?? named ?? onlyHttp(request) ?? wellKnown(request);
}

function labelled({ services }: IngressRequest, report: Report): string | undefined {
  const [first, ...more] = Object.keys(services).filter((name) =>
    isTrue(lookup(services[name]?.labels, INGRESS_LABEL)),
  );
  if (first !== undefined && more.length > 0)
    report.notice(
      "ingress-ambiguous",
      `${[first, ...more].join(", ")} are all labelled ${INGRESS_LABEL}; ${first} is it`,
    );
  return first;
}

function configured({ services, configured: name }: IngressRequest, report: Report): string | undefined {
  if (name === undefined || Object.hasOwn(services, name)) return name;
  report.notice("unknown-service", `ingress: ${name} is no service of this environment`);
  return undefined;
}

function onlyHttp({ services }: IngressRequest): string | undefined {
  const [only, ...more] = Object.keys(services).filter((name) => {
    const service = services[name];
    return service !== undefined && endpointPorts(service).some((port) => port.scheme !== undefined);
  });
  return more.length === 0 ? only : undefined;
}

function wellKnown({ services, labels }: IngressRequest): string | undefined {
  return INGRESS_NAMES.map((label) => Object.keys(services).find((name) => labels.get(name) === label)).find(
    (name) => name !== undefined,
  );
}

/** A label's text as a truth value. */
export function isTrue(text: string | undefined): boolean {
  return /^(?:true|yes|on|1)$/iu.test(text?.trim() ?? "");
}

function apexTaken(ingress: string, named: string, project: string): CiloError {
  return new CiloError(
    EngineCode.nameTaken,
    `${project}.<environment> would be both service ${named} and the project's ingress ${ingress}`,
    { hint: `Make ${named} the ingress, or give the project another name: project in .cilo/config.yml` },
  );
}
