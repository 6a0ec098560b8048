import { lchown, readdir } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "@cilo/base";

type Env = Readonly<Record<string, string | undefined>>;

/** The person behind `sudo`. */
export interface InvokingUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** True when this process may change the system. */
export function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

/** Who ran `sudo cilo …`; `undefined` without sudo, or when it was root who did. */
export function invokingUser(env: Env): InvokingUser | undefined {
  const [name, uid, gid] = [env["SUDO_USER"], Number(env["SUDO_UID"]), Number(env["SUDO_GID"])];
  if (!isRoot() || name === undefined || !/^[a-z_][a-z0-9._-]*\$?$/iu.test(name)) return undefined;
  return Number.isInteger(uid) && Number.isInteger(gid) && uid > 0 && gid >= 0 ? { name, uid, gid } : undefined;
}

/** Gives a file or link of the home to the person behind `sudo`, so that their later commands can work with it. */
export async function giveToInvokingUser(path: string, env: Env): Promise<void> {
  const user = invokingUser(env);
  if (user === undefined) return;
  try {
    await lchown(path, user.uid, user.gid);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
}

/** As {@link giveToInvokingUser}, for a folder and all in it. Links are not followed. */
export async function giveFolderToInvokingUser(folder: string, env: Env): Promise<void> {
  if (invokingUser(env) === undefined) return;
  const entries = await readdir(folder, { recursive: true });
  await Promise.all(["", ...entries].map((entry) => giveToInvokingUser(join(folder, entry), env)));
}
