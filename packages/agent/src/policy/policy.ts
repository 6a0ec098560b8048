import type { EnvironmentSpec, IsolatedSpec, SharedWithHost } from "@cilo/engine";
import type { Problem } from "@cilo/base";
import { buildProblems } from "./builds.ts";
import { serviceProblems } from "./services.ts";
import { volumeProblems } from "./volumes.ts";

/**
 * What of a project may not run on a machine that others use too, attribute by attribute; nothing when all of it may.
 * Pure: no file is looked at.
 *
 * It is a list of what is allowed. An attribute that nobody has thought about is refused by its name, and so is all that
 * isolation found to be shared with the host.
 */
export function policyProblems(spec: EnvironmentSpec, isolated: IsolatedSpec): Problem[] {
  const found = [
    ...isolated.sharedWithHost.map(sharedProblem),
    ...Object.entries(spec.services).flatMap(([name, service]) => hostNamespaces(name, service)),
    ...Object.entries(isolated.document.services).flatMap(([name, service]) => [
      ...serviceProblems(name, service),
      ...buildProblems(name, service.build),
    ]),
    ...volumeProblems(isolated.document.volumes ?? {}),
  ];
  return [...new Map(found.map((problem) => [`${problem.attribute}\n${problem.message}`, problem])).values()];
}

function sharedProblem({ kind, what, service }: SharedWithHost): Problem {
  return {
    attribute: service === undefined ? kind : `services.${service}`,
    message: `${WHAT[kind]} ${what} is not allowed on a shared machine`,
  };
}

const WHAT: Readonly<Record<SharedWithHost["kind"], string>> = {
  bind: "the machine's folder or file",
  "engine-socket": "the engine's socket, by",
  device: "the device",
  network: "the engine's own network",
  volume: "a volume with data in",
  namespace: "the machine's namespace:",
  "build-context": "a build that reads",
  file: "the machine's file",
  service: "the machine's service",
  privileged: "full rights:",
  capability: "the capability",
  "security-option": "the security option",
  program: "a program of the machine:",
};

/** Isolation gives such a service its own; whoever asks for the machine's is told rather than given something else. */
function hostNamespaces(name: string, service: EnvironmentSpec["services"][string]): Problem[] {
  const modes = ["network_mode", "pid", "ipc", "uts", "userns_mode", "cgroup"] as const;
  return modes.flatMap((mode) => {
    const value = service[mode];
    return value === "host" || value?.startsWith("container:") === true
      ? [
          {
            attribute: `services.${name}.${mode}`,
            message: `${mode}: ${value} is not allowed on a shared machine`,
            hint: "Leave it out: services of an environment reach one another by name",
          },
        ]
      : [];
  });
}
