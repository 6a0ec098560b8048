import * as z from "zod/mini";

/** A line for a shell, a program with its arguments, or several of those by name, which run at the same time. */
const Line = z.union([z.string(), z.array(z.string())]);
export const WorkbenchCommand = z.union([Line, z.record(z.string(), Line)]);
export type WorkbenchCommand = z.infer<typeof WorkbenchCommand>;

/** When a command runs, in this order. `create`, `update`, `prepare`: once for each container. */
export const WorkbenchMoment = z.enum([
  "onCreateCommand",
  "updateContentCommand",
  "postCreateCommand",
  "postStartCommand",
  "postAttachCommand",
]);
export type WorkbenchMoment = z.infer<typeof WorkbenchMoment>;

export const WorkbenchStep = z.object({
  moment: WorkbenchMoment,
  /** Who asks for it: the project's file, or a Feature. */
  origin: z.string(),
  command: WorkbenchCommand,
});
export type WorkbenchStep = z.infer<typeof WorkbenchStep>;

/** What has to be made of the service's image before there can be a container. */
export const WorkbenchImage = z.object({
  /** The file that asks for it; `./…` of a Feature starts beside it. Absolute, in terms of the source. */
  file: z.string(),
  /** Features to build into it, with their options. */
  features: z.record(z.string(), z.json()),
  featureOrder: z.array(z.string()),
});
export type WorkbenchImage = z.infer<typeof WorkbenchImage>;

/**
 * The service of a project that people and their commands enter, how they do, and what runs in it once it has started.
 * Any parser may say so. Added in specVersion 1.
 */
export const Workbench = z.object({
  service: z.string(),
  /** As whom; absent: the container's own user. */
  user: z.optional(z.string()),
  /** Where, in the container. */
  folder: z.string(),
  /** Variables of what is run; null takes one away. `${containerEnv:NAME}` is the container's own. */
  env: z.record(z.string(), z.nullable(z.string())),
  /** The shell whose variables commands get beside those. */
  envProbe: z.enum(["none", "loginInteractiveShell", "interactiveShell", "loginShell"]),
  /** Give that user the id of the workspace's owner, in the image. */
  matchUserId: z.boolean(),
  steps: z.array(WorkbenchStep),
  /** The last one that is waited for when nobody waits for all. */
  waitFor: z.union([WorkbenchMoment, z.literal("initializeCommand")]),
  /** Names of variables that are handed from the caller to commands, and kept nowhere. */
  secrets: z.array(z.string()),
  requirements: z.optional(
    z.object({ cpus: z.number(), memoryBytes: z.number(), storageBytes: z.number(), gpu: z.boolean() }),
  ),
  /** Absent when the image is as it has to be. */
  image: z.optional(WorkbenchImage),
  /** What editors want to know; theirs alone. */
  customizations: z.optional(z.json()),
});
export type Workbench = z.infer<typeof Workbench>;
