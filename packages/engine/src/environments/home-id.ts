import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { CiloError, createFileExclusive, isErrno, makeFolder, readFileIfThere } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import type { Home } from "./home.ts";

const ID = /^[0-9a-f]{8}$/u;

/**
 * The home at `root`, made if it is not there, with its identifier. Any number of processes may open a new home at
 * once: all of them get the same identifier.
 *
 * @throws CiloError `RECORD_INVALID` when the identifier's file holds something else, `NOT_PERMITTED` when the home
 * cannot be made
 */
export async function openHome(root: string): Promise<Home> {
  const path = join(root, "id");
  const there = await readFileIfThere(path);
  if (there === undefined) {
    await makeHome(root, path);
  }
  const id = (there ?? (await readFileIfThere(path)) ?? "").trim();
  if (ID.test(id)) return { root, id };
  throw new CiloError(EngineCode.recordInvalid, `${path} does not hold 8 hex digits`, {
    hint: "It names this home at the engine; put its earlier content back, or remove what carries another cilo.home label",
  });
}

async function makeHome(root: string, idFile: string): Promise<void> {
  try {
    await makeFolder(root);
    await createFileExclusive(idFile, `${randomBytes(4).toString("hex")}\n`);
  } catch (cause) {
    if (!isErrno(cause, "EACCES", "EPERM", "EROFS", "EEXIST", "ENOENT", "ENOTDIR")) throw cause;
    throw new CiloError(EngineCode.notPermitted, `Cilo's folder ${root} cannot be made: ${cause.code}`, {
      cause,
      hint: "Set CILO_HOME to a folder of yours",
    });
  }
}
