import { join } from "node:path";
import * as z from "zod/mini";
import { Workbench } from "../../spec/workbench.ts";
import type { EnvironmentPaths } from "../home.ts";
import { readStored, writeStored } from "../stored.ts";

/**
 * What is kept of an environment's workbench, beside its workspace, 0600:
 *
 * - `entered.json`: how it is entered, for commands that parse nothing;
 * - `image.json`: the image that was made for it, and from what, so that it is made once;
 * - `ran.json`: which of its commands have run in which container; written after each, so that the next `up` goes on.
 */
const Entered = z.object({ version: z.literal(1), workbench: Workbench });
const Image = z.object({ version: z.literal(1), madeFrom: z.string(), reference: z.string() });
const Ran = z.object({
  version: z.literal(1),
  containerId: z.string(),
  /** Steps, by place and moment, that run once for a container. */
  once: z.array(z.string()),
  /** Those that run at each start, of the start at this time. */
  startedAt: z.number(),
  started: z.array(z.string()),
});
export type Ran = Omit<z.infer<typeof Ran>, "version">;

export async function saveEntered(paths: EnvironmentPaths, workbench: Workbench): Promise<void> {
  await writeStored(join(paths.workbench, "entered.json"), { version: 1, workbench }, { sync: false });
}

/** `undefined`: the environment has none, or is only half made. */
export async function loadEntered(paths: EnvironmentPaths): Promise<Workbench | undefined> {
  return (await readStored(join(paths.workbench, "entered.json"), Entered))?.workbench;
}

export type MadeImage = Omit<z.infer<typeof Image>, "version">;

export async function saveImage(paths: EnvironmentPaths, image: MadeImage): Promise<void> {
  await writeStored(join(paths.workbench, "image.json"), { version: 1, ...image }, { sync: false });
}

export async function loadImage(paths: EnvironmentPaths): Promise<MadeImage | undefined> {
  return await readStored(join(paths.workbench, "image.json"), Image);
}

export async function saveRan(paths: EnvironmentPaths, ran: Ran): Promise<void> {
  await writeStored(join(paths.workbench, "ran.json"), { version: 1, ...ran });
}

export async function loadRan(paths: EnvironmentPaths): Promise<Ran | undefined> {
  return await readStored(join(paths.workbench, "ran.json"), Ran);
}
