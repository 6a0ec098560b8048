import { mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isErrno, lock } from "@cilo/base";
import * as z from "zod/mini";
import { type Home, sharedFolder } from "./home.ts";
import { readStored, writeStored } from "./stored.ts";

/** `shared/<composeProject>/shared.json`: a shared service that has, or had, a container or data. */
const SharedRecord = z.object({
  version: z.literal(1),
  project: z.string(),
  service: z.string(),
  composeProject: z.string(),
  runtime: z.string(),
  /** Owner of its addresses. */
  owner: z.string(),
  allocation: z.exactOptional(z.object({ blocks: z.array(z.string()), subnets: z.record(z.string(), z.string()) })),
  /** Its container was removed for want of users; its data is kept. */
  reaped: z.boolean(),
});
export type SharedRecord = z.infer<typeof SharedRecord>;

/** Compose projects of every shared service of the home. */
export async function sharedProjects(home: Home): Promise<string[]> {
  return (await namesIn(join(home.root, "shared"))).sort();
}

/** `undefined` when there is none, or one half made. */
export async function loadShared(home: Home, composeProject: string): Promise<SharedRecord | undefined> {
  return await readStored(join(sharedFolder(home, composeProject), "shared.json"), SharedRecord);
}

export async function saveShared(home: Home, record: SharedRecord): Promise<void> {
  await writeStored(join(sharedFolder(home, record.composeProject), "shared.json"), record);
}

/** Where its generated Compose file lies. */
export function sharedComposeFile(home: Home, composeProject: string): string {
  return join(sharedFolder(home, composeProject), "compose.yaml");
}

/** Environments that use it, whether they run now or not. */
export async function sharedUsers(home: Home, composeProject: string): Promise<string[]> {
  return await namesIn(join(sharedFolder(home, composeProject), "users"));
}

export async function addUser(home: Home, composeProject: string, environment: string): Promise<void> {
  const users = join(sharedFolder(home, composeProject), "users");
  await mkdir(users, { recursive: true, mode: 0o700 });
  await writeFile(join(users, environment), "", { mode: 0o600 });
}

/** @returns true when it was a user */
export async function removeUser(home: Home, composeProject: string, environment: string): Promise<boolean> {
  try {
    await rm(join(sharedFolder(home, composeProject), "users", environment));
    return true;
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return false;
    throw error;
  }
}

/** When the last user came or went, milliseconds since the epoch. */
export async function lastUserChange(home: Home, composeProject: string): Promise<number> {
  try {
    return (await stat(join(sharedFolder(home, composeProject), "users"))).mtimeMs;
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return 0;
    throw error;
  }
}

/** Whoever starts or removes the shared container holds this. Taken after an environment's lock, never before. */
export async function lockShared(
  home: Home,
  composeProject: string,
  options: { readonly signal: AbortSignal; readonly onWait?: () => void },
): Promise<AsyncDisposable> {
  return await lock(join(home.root, "locks", `shared-${composeProject}`), options);
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}
