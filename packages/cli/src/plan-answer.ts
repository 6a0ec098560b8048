import type { IsolatedSpec } from "@cilo/engine";
import type { Answer } from "./answer.ts";
import { table } from "./table.ts";

/** What `up --dry-run` answers. */
export function planAnswer({ isolated }: { readonly isolated: IsolatedSpec }): Answer {
  const { identity, composeProject, services, shared, ingress, sharedWithHost, notices } = isolated;
  const data = {
    environment: identity.environment,
    project: identity.project,
    suffix: identity.suffix,
    composeProject,
    services: services.map(({ name, label, ports, hostnames, scale }) => ({
      service: name,
      hostname: `${label}.${identity.environment}${identity.suffix}`,
      ports,
      hostnames,
      scale,
    })),
    shared: shared.map(({ name, composeProject: project }) => ({ service: name, composeProject: project })),
    ...(ingress === undefined ? {} : { ingress }),
    sharedWithHost,
    notices,
  };
  return {
    data,
    text: (style) =>
      [
        `${style.bold(identity.environment)} of ${identity.project} would run`,
        table(
          data.services.map((service) => [
            `  ${service.service}`,
            service.hostname,
            service.ports.map(({ port, protocol }) => `${port}/${protocol}`).join(" "),
          ]),
        ),
        ...data.shared.map(({ service }) => `  ${service}  shared`),
        ...notices.map(
          ({ message, service }) => `${style.yellow("note:")} ${service === undefined ? "" : `${service}: `}${message}`,
        ),
      ].join("\n"),
  };
}
