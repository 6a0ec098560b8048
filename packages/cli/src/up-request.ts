import { resolve } from "node:path";
import type { UpRequest } from "@cilo/engine";
import type { CiloContext } from "./context.ts";
import { given } from "./parameters.ts";
import type { Format, ProjectFlags } from "./project-flags.ts";

/** What `create` takes beside the project's flags. */
export interface CreateFlags extends ProjectFlags {
  readonly build: boolean;
  readonly format: Format | undefined;
  readonly runtime: string | undefined;
  readonly scale: readonly (readonly [service: string, containers: number])[] | undefined;
  readonly share: readonly string[] | undefined;
  readonly isolate: readonly string[] | undefined;
}

/** What `up` takes beside those. */
export interface UpFlags extends CreateFlags {
  readonly recreate: boolean;
  readonly noWait: boolean;
  /** Milliseconds. */
  readonly timeout: number;
}

/** What was typed, as the engine's request. What was not typed stays as the environment remembers it. */
export function upRequest(
  context: CiloContext,
  environment: string,
  flags: ProjectFlags & Partial<UpFlags>,
): UpRequest {
  return {
    environment,
    workingDir: context.cwd,
    ...(flags.from === undefined ? {} : { from: resolve(context.cwd, flags.from) }),
    ...(flags.runtime === undefined ? {} : { runtime: flags.runtime }),
    options: given({
      files: copy(flags.file),
      profiles: copy(flags.profile),
      envFiles: copy(flags.envFile),
      format: flags.format ?? (flags.devcontainer === undefined ? undefined : "devcontainer"),
      devcontainer: flags.devcontainer,
      share: copy(flags.share),
      isolate: copy(flags.isolate),
      scale: flags.scale === undefined ? undefined : Object.fromEntries(flags.scale),
    }),
    build: flags.build ?? false,
    recreate: flags.recreate ?? false,
    wait: !(flags.noWait ?? false),
    timeoutMs: flags.timeout ?? 300_000,
  };
}

function copy(list: readonly string[] | undefined): string[] | undefined {
  return list === undefined ? undefined : [...list];
}
