import * as z from "zod/mini";
import { FileObject, Network, Notice, Service, Volume } from "../spec/spec.ts";
import { Port, SharedWithHost } from "./isolation-file.ts";

const Document = z.object({
  name: z.string(),
  services: z.record(z.string(), Service),
  networks: z.exactOptional(z.record(z.string(), z.nullable(Network))),
  volumes: z.exactOptional(z.record(z.string(), z.nullable(Volume))),
  configs: z.exactOptional(z.record(z.string(), FileObject)),
  secrets: z.exactOptional(z.record(z.string(), FileObject)),
  other: z.exactOptional(z.record(z.string(), z.json())),
});

/** A whole IsolatedSpec as it is kept to be put back. */
export const StoredSpec = z.object({
  identity: z.object({ project: z.string(), environment: z.string(), home: z.string(), suffix: z.string() }),
  composeProject: z.string(),
  document: Document,
  services: z.array(
    z.object({
      name: z.string(),
      label: z.string(),
      ports: z.array(Port),
      hostnames: z.array(z.string()),
      scale: z.number(),
      oneShot: z.boolean(),
      networkOf: z.exactOptional(z.string()),
    }),
  ),
  ingress: z.exactOptional(z.string()),
  shared: z.array(
    z.object({
      name: z.string(),
      label: z.string(),
      hash: z.string(),
      composeProject: z.string(),
      document: Document,
      networks: z.record(z.string(), z.array(z.string())),
      ports: z.array(Port),
      hostnames: z.array(z.string()),
    }),
  ),
  sharedWithHost: z.array(SharedWithHost),
  notices: z.array(Notice),
});
