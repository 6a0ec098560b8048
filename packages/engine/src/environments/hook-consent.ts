import { createHash } from "node:crypto";
import { readFile, realpath } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import { CiloError, isErrno, readFileIfThere, writeFileAtomic } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import type { ProjectConfig } from "./config.ts";
import type { Consent, EnvironmentsDeps } from "./deps.ts";
import type { Home } from "./home.ts";

/** A project's hook with everything that was, or has to be, allowed about it. */
export interface Hook {
  readonly command: string;
  /** Files of the project that the command line names, relative to `folder`. */
  readonly files: readonly string[];
  /** SHA-256 of the project's folder, the command and those files' content: the same words elsewhere may do something else. */
  readonly hash: string;
}

/** The hook of `project` as it stands in a folder: the source before it was copied, or the workspace. */
export async function readHook(
  command: string,
  place: { readonly project: string; readonly folder: string },
): Promise<Hook> {
  const hash = createHash("sha256").update(JSON.stringify([place.project, command]));
  const files: string[] = [];
  for (const word of new Set(command.split(/[\s;&|<>()"']+/u).filter(Boolean))) {
    const content = await contentInside(place.folder, word);
    if (content === undefined) continue;
    files.push(word);
    hash.update(JSON.stringify(word)).update(String(content.byteLength)).update(content);
  }
  return { command, files, hash: hash.digest("hex") };
}

/** The bytes of a file that lies in the folder, links followed; `undefined` for anything else. */
async function contentInside(folder: string, word: string): Promise<Uint8Array | undefined> {
  try {
    const path = await realpath(resolve(folder, word));
    const place = relative(await realpath(folder), path);
    if (place === "" || place.startsWith(`..${sep}`) || place === "..") return undefined;
    return await readFile(path);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "EISDIR", "EACCES", "ENAMETOOLONG", "ELOOP")) return undefined;
    throw error;
  }
}

/**
 * Returns when the user has allowed exactly this hook, now or earlier; the answer is kept in `consents/`.
 * @throws CiloError `CONSENT_REQUIRED` when it was refused or nobody could be asked
 */
export async function requireConsent(
  hook: Hook,
  request: { readonly home: Home; readonly consent: Consent; readonly project: string },
): Promise<void> {
  const path = join(request.home.root, "consents", hook.hash);
  if ((await readFileIfThere(path)) !== undefined) return;
  const answer = await request.consent.allow({ project: request.project, command: hook.command, files: hook.files });
  if (answer === true) return await grantConsent(request.home, hook);
  const why = answer === undefined ? "nobody could be asked" : "it was refused";
  throw new CiloError(
    EngineCode.consentRequired,
    `the hook of ${request.project} was not run, since ${why}: ${hook.command}`,
    { hint: "Look at it, then run the same command in a terminal and allow it once" },
  );
}

/**
 * The hook of a project's config, allowed by the user; `undefined` where it has none, and on a machine of a server: there
 * it ran before the files were sent.
 * @throws CiloError `CONSENT_REQUIRED`
 */
export async function allowedHook(
  deps: Pick<EnvironmentsDeps, "home" | "consent" | "guard">,
  { env: { initHook } }: ProjectConfig,
  project: string,
): Promise<Hook | undefined> {
  if (initHook === undefined || deps.guard !== undefined) return undefined;
  const hook = await readHook(initHook, { project, folder: project });
  await requireConsent(hook, { home: deps.home, consent: deps.consent, project });
  return hook;
}

/** Remembers that the user allowed this hook. */
async function grantConsent(home: Home, hook: Hook): Promise<void> {
  await writeFileAtomic(join(home.root, "consents", hook.hash), `${hook.command}\n`);
}
