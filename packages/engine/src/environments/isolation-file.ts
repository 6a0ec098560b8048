import * as z from "zod/mini";
import type { IsolatedSpec } from "../isolation/isolated-spec.ts";
import { Notice } from "../spec/notice.ts";
import { readStored, writeStored } from "./stored.ts";

export const Port = z.object({
  port: z.number(),
  protocol: z.enum(["tcp", "udp"]),
  published: z.exactOptional(z.string()),
  scheme: z.exactOptional(z.enum(["http", "https"])),
});

export const SharedWithHost = z.object({
  kind: z.enum([
    "bind",
    "engine-socket",
    "device",
    "network",
    "volume",
    "namespace",
    "build-context",
    "file",
    "service",
    "privileged",
    "capability",
    "security-option",
    "program",
  ]),
  what: z.string(),
  service: z.exactOptional(z.string()),
  readOnly: z.boolean(),
});

/**
 * `isolated.json`: what commands need to know of an environment without parsing its project again. It holds no
 * variable and no secret of the project.
 */
export const StoredIsolation = z.object({
  version: z.literal(1),
  composeProject: z.string(),
  services: z.array(
    z.object({
      name: z.string(),
      label: z.string(),
      ports: z.array(Port),
      hostnames: z.array(z.string()),
      scale: z.number(),
      oneShot: z.boolean(),
      networkOf: z.exactOptional(z.string()),
      loopback: z.exactOptional(z.string()),
      /** Folders whose content its image is built from, absolute; empty when it is not built here. */
      buildContexts: z.array(z.string()),
    }),
  ),
  shared: z.array(
    z.object({
      name: z.string(),
      label: z.string(),
      hash: z.string(),
      composeProject: z.string(),
      networks: z.record(z.string(), z.array(z.string())),
      ports: z.array(Port),
      hostnames: z.array(z.string()),
    }),
  ),
  ingress: z.exactOptional(z.string()),
  /** Network key → its name at the engine. Ordered: the address on the first one a container is in is published. */
  networks: z.array(z.object({ key: z.string(), name: z.string() })),
  sharedWithHost: z.array(SharedWithHost),
  notices: z.array(Notice),
});
export type StoredIsolation = z.infer<typeof StoredIsolation>;

/** `undefined` when the environment has not come so far. */
export async function loadIsolation(path: string): Promise<StoredIsolation | undefined> {
  return await readStored(path, StoredIsolation);
}

export async function saveIsolation(path: string, isolation: StoredIsolation): Promise<void> {
  await writeStored(path, isolation, { sync: false });
}

/** What is kept of an isolated spec. */
export function storedIsolation(isolated: IsolatedSpec): StoredIsolation {
  return {
    version: 1,
    composeProject: isolated.composeProject,
    services: isolated.services.map((service) => ({
      ...service,
      ports: [...service.ports],
      hostnames: [...service.hostnames],
      buildContexts: buildContexts(isolated, service.name),
    })),
    shared: isolated.shared.map(({ document: _document, ...shared }) => ({
      ...shared,
      networks: Object.fromEntries(Object.entries(shared.networks).map(([key, aliases]) => [key, [...aliases]])),
      ports: [...shared.ports],
      hostnames: [...shared.hostnames],
    })),
    ...(isolated.ingress === undefined ? {} : { ingress: isolated.ingress }),
    networks: networkNames(isolated),
    sharedWithHost: isolated.sharedWithHost.map((item) => ({ ...item })),
    notices: [...isolated.notices],
  };
}

/** Internal networks last: others may be the ones that a host outside of the engine's can reach. */
function networkNames(isolated: IsolatedSpec): StoredIsolation["networks"] {
  return Object.entries(isolated.document.networks ?? {})
    .map(([key, network]) => ({
      key,
      name: network?.name ?? `${isolated.composeProject}_${key}`,
      internal: network?.internal === true,
    }))
    .sort((a, b) => Number(a.internal) - Number(b.internal) || (a.key < b.key ? -1 : 1))
    .map(({ key, name }) => ({ key, name }));
}

function buildContexts(isolated: IsolatedSpec, service: string): string[] {
  const build = isolated.document.services[service]?.build;
  if (build === undefined) return [];
  return [build.context, ...Object.values(build.additional_contexts ?? {})].filter(
    (context): context is string => context?.startsWith("/") === true,
  );
}
