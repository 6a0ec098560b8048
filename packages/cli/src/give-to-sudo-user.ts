import { lchown, lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "@cilo/base";
import { type Invoker, sudoUser } from "./home-root.ts";

/**
 * Gives what a command under `sudo` made in the home to the person who called it, so that their later commands can work
 * with it. Links are not followed. Without `sudo` nothing is done.
 */
export async function giveToSudoUser(root: string, invoker: Invoker): Promise<void> {
  const user = sudoUser(invoker);
  if (user === undefined) return;
  const entries = await readdir(root, { recursive: true });
  for (const path of [root, ...entries.map((entry) => join(root, entry))]) await give(path, user);
}

async function give(path: string, user: { readonly uid: number; readonly gid: number }): Promise<void> {
  try {
    if ((await lstat(path)).uid === 0) await lchown(path, user.uid, user.gid);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
}
