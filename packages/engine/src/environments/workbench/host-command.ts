import { CiloError, isCiloError, run } from "@cilo/base";
import { EngineCode } from "../../errors.ts";
import type { WorkbenchCommand } from "../../spec/workbench.ts";
import { readProjectConfig } from "../config-file.ts";
import type { ProjectConfig } from "../config.ts";
import type { EnvironmentsDeps } from "../deps.ts";
import type { Located } from "../environments.ts";
import { readHook, requireConsent } from "../hook-consent.ts";
import type { EnvironmentOptions } from "../record.ts";
import { findParser } from "../project.ts";
import { confinedTo, sourceProjectDir, workspaceProjectDir } from "../source.ts";
import { environmentTokens } from "../variables.ts";
import type { Work } from "../work.ts";
import type { SourceLocation } from "../workspaces.ts";
import { commandLines } from "./command-lines.ts";

interface Asked {
  readonly source: SourceLocation;
  readonly config: ProjectConfig;
  readonly options: Partial<EnvironmentOptions>;
}

/** Whether a project has a command for the host; asks for consent to it, before anything is made. */
export async function allowHostCommand(deps: EnvironmentsDeps, asked: Asked): Promise<boolean> {
  const { parser, parsing } = findParser(deps, { ...asked, location: asked.source });
  const command = parser.hostCommand?.(parsing);
  if (command === undefined || deps.guard !== undefined) return false;
  const project = sourceProjectDir(asked.source);
  await consent(deps, command, { project, folder: project });
  return true;
}

/**
 * Runs the project's command for the host, if it has one, in the environment's new copy, where the user has allowed
 * exactly this. It is a command of the project's author that the user has read, so a shell may interpret its text. Not to
 * be run again later: what is in the copy by then may come from inside a container.
 *
 * @throws CiloError `CONSENT_REQUIRED`, `HOOK_FAILED`
 */
export async function runHostCommand(work: Work, located: Located): Promise<boolean> {
  const { record, paths } = located;
  const folder = workspaceProjectDir(paths, record);
  const config = await readProjectConfig(folder, confinedTo(work.deps, paths.workspace));
  const asked = { location: record, workspace: paths.workspace, config, options: record.options };
  const { parser, parsing } = findParser(work.deps, asked);
  const command = parser.hostCommand?.(parsing);
  if (command === undefined) return false;
  if (work.deps.guard !== undefined) {
    work.notify({ code: "host-command-not-run", message: "initializeCommand is not run on a machine of a server" });
    return false;
  }
  await consent(work.deps, command, { project: sourceProjectDir(record), folder });
  const env = { ...work.deps.env, ...environmentTokens(located), ...work.operation.env };
  await work.progress.phase("hook", async () => {
    await Promise.all(
      commandLines(command).map(async ({ argv: [file, ...args] }) => {
        try {
          await run(file, args, {
            cwd: folder,
            env,
            signal: work.context.signal,
            onLine: (line) => work.context.onEvent({ kind: "output", from: "initializeCommand", line }),
          });
        } catch (cause) {
          if (!isCiloError(cause)) throw cause;
          throw new CiloError(EngineCode.hookFailed, `initializeCommand failed: ${cause.message}`, {
            cause,
            hint: "Run it by hand in the project to see why",
          });
        }
      }),
    );
  });
  return true;
}

async function consent(
  deps: EnvironmentsDeps,
  command: WorkbenchCommand,
  place: { readonly project: string; readonly folder: string },
): Promise<void> {
  const hook = await readHook(textOf(command), place);
  await requireConsent(hook, { home: deps.home, consent: deps.consent, project: place.project });
}

/** As a person reads it. */
function textOf(command: WorkbenchCommand): string {
  if (typeof command === "string") return command;
  if (Array.isArray(command))
    return command.map((word) => (/^[\w@%+=:,./-]+$/u.test(word) ? word : quoted(word))).join(" ");
  return Object.entries(command)
    .map(([name, line]) => `${name}: ${textOf(line)}`)
    .join("\n");
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
