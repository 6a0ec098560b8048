import * as z from "zod/mini";

/** What is read of a Docker-compatible engine's answers (API 1.24 to 1.51, and Podman's). The rest is ignored. */

const labels = z.pipe(
  z.optional(z.nullable(z.record(z.string(), z.string()))),
  z.transform((value) => value ?? {}),
);

export const ContainerList = z.array(
  z.object({
    Id: z.string(),
    ImageID: z.optional(z.string()),
    Names: z.optional(z.nullable(z.array(z.string()))),
    Labels: labels,
    State: z.string(),
    /** For people: `Up 2 seconds (healthy)`, `Exited (3) 1 minute ago`. */
    Status: z.string(),
    /** From API 1.52 on. */
    Health: z.optional(z.nullable(z.object({ Status: z.optional(z.string()) }))),
    /** Exposed ones that are not published too, while it runs. */
    Ports: z.optional(z.nullable(z.array(z.object({ PrivatePort: z.number(), Type: z.string() })))),
    Mounts: z.optional(z.nullable(z.array(z.object({ Type: z.optional(z.string()), Name: z.optional(z.string()) })))),
    NetworkSettings: z.optional(
      z.nullable(
        z.object({
          Networks: z.optional(
            z.nullable(z.record(z.string(), z.nullable(z.object({ IPAddress: z.optional(z.string()) })))),
          ),
        }),
      ),
    ),
  }),
);
export type ListedContainer = z.infer<typeof ContainerList>[number];

export const InspectedContainer = z.object({
  Id: z.string(),
  State: z.object({ StartedAt: z.optional(z.string()) }),
  NetworkSettings: z.object({
    Networks: z.record(z.string(), z.nullable(z.object({ Aliases: z.optional(z.nullable(z.array(z.string()))) }))),
  }),
});

export const NetworkList = z.array(
  z.object({
    Id: z.string(),
    Name: z.string(),
    Labels: labels,
    Internal: z.optional(z.boolean()),
    IPAM: z.optional(
      z.nullable(z.object({ Config: z.optional(z.nullable(z.array(z.object({ Subnet: z.optional(z.string()) })))) })),
    ),
  }),
);

export const InspectedNetwork = z.object({
  Containers: z.optional(z.nullable(z.record(z.string(), z.unknown()))),
});

export const VolumeList = z.object({
  Volumes: z.optional(z.nullable(z.array(z.object({ Name: z.string(), Labels: labels })))),
});

export const ImageList = z.array(
  z.object({ Id: z.string(), RepoTags: z.optional(z.nullable(z.array(z.string()))), Labels: labels }),
);

export const ContainerEvent = z.object({
  Type: z.literal("container"),
  /** `start`, `die`, `health_status: healthy`, `exec_create: …`. */
  Action: z.string(),
  Actor: z.object({ ID: z.string(), Attributes: z.record(z.string(), z.string()) }),
  /** Podman's: the health of `health_status`, which Docker has in `Action`. */
  HealthStatus: z.optional(z.string()),
  time: z.optional(z.number()),
  timeNano: z.optional(z.number()),
});

export const EngineVersion = z.object({ Version: z.string() });

export const EngineInfo = z.object({
  OperatingSystem: z.optional(z.string()),
  SecurityOptions: z.optional(z.nullable(z.array(z.string()))),
});
