import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BaseCode, CiloError, isCiloError, run } from "@cilo/base";
import { EngineCode } from "../../errors.ts";
import type { Image, ImageEngine } from "./images.ts";

export interface UserIdChange {
  readonly base: Image;
  /** Name of the user in the image. */
  readonly user: string;
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly scratch: string;
}

/**
 * Gives a user of an image another id, so that files on both sides of a mount are the same user's. Nothing where there
 * is no such user, or another has the id. Values come as build arguments, never as text of the script.
 */
const DOCKERFILE = `ARG BASE
FROM $BASE
USER root
ARG REMOTE_USER
ARG NEW_UID
ARG NEW_GID
RUN line="$(grep "^$REMOTE_USER:" /etc/passwd || true)"; \\
  old_uid="$(echo "$line" | cut -d: -f3)"; old_gid="$(echo "$line" | cut -d: -f4)"; home="$(echo "$line" | cut -d: -f6)"; \\
  taken="$(cut -d: -f3 /etc/passwd | grep -x "$NEW_UID" || true)"; \\
  if [ -n "$line" ] && [ "$old_uid" != "$NEW_UID" ] && [ -z "$taken" ]; then \\
    if cut -d: -f3 /etc/group | grep -qx "$NEW_GID"; then NEW_GID="$old_gid"; fi; \\
    sed -i "s|^\\($REMOTE_USER:[^:]*\\):[^:]*:[^:]*:|\\1:$NEW_UID:$NEW_GID:|" /etc/passwd && \\
    sed -i "s|^\\([^:]*:[^:]*\\):$old_gid:|\\1:$NEW_GID:|" /etc/group && \\
    chown -R "$NEW_UID:$NEW_GID" "$home"; \\
  fi
ARG IMAGE_USER
USER $IMAGE_USER
`;

/** @throws CiloError `BUILD_FAILED` */
export async function changeUserId(change: UserIdChange, { program, signal, onLine }: ImageEngine): Promise<void> {
  const { base, scratch } = change;
  await mkdir(scratch, { recursive: true });
  const values = {
    BASE: base.reference,
    REMOTE_USER: change.user,
    NEW_UID: String(change.uid),
    NEW_GID: String(change.gid),
    IMAGE_USER: base.user === "" ? "root" : base.user,
  };
  const args = [
    "build",
    `--file=${join(scratch, "Dockerfile")}`,
    `--tag=${change.name}`,
    ...Object.entries(values).map(([name, value]) => `--build-arg=${name}=${value}`),
    ...Object.entries(change.labels).map(([name, value]) => `--label=${name}=${value}`),
    "--",
    scratch,
  ];
  try {
    await writeFile(join(scratch, "Dockerfile"), DOCKERFILE);
    await run(program.file, args, { env: program.env, signal, onLine });
  } catch (cause) {
    if (!isCiloError(cause, BaseCode.commandFailed)) throw cause;
    throw new CiloError(EngineCode.buildFailed, `${change.user} could not be given the id ${change.uid}`, {
      cause,
      hint: "Leave it as it is: updateRemoteUserUID: false",
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
