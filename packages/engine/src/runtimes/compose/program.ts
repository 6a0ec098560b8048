import { access, constants, readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { CiloError, printable, run } from "@cilo/base";
import * as z from "zod/mini";
import { EngineCode } from "../../errors.ts";

/**
 * The Compose v2 program, as one file to run. The plugin is run directly, not through `docker compose`: the same
 * program without the 20–35 ms in which `docker` asks every plugin what it is.
 *
 * @throws CiloError `COMPOSE_MISSING`
 */
export async function findCompose(
  env: Readonly<Record<string, string | undefined>>,
  options: { readonly signal: AbortSignal; readonly systemFolders?: readonly string[] },
): Promise<string> {
  for (const folder of await pluginFolders(env, options.systemFolders ?? SYSTEM_FOLDERS)) {
    const file = join(folder, "docker-compose");
    if (await isExecutable(file)) return file;
  }
  const standalone = await findOnPath("docker-compose", env);
  if (standalone === undefined) throw composeMissing("Docker Compose is not installed");
  const version = await composeVersion(standalone, { env, ...options });
  if (/^v?1\./u.test(version))
    throw composeMissing(`${standalone} is Compose ${version}, which ended in 2023; version 2 is needed`);
  return standalone;
}

/** Compose's version, e.g. `2.26.1`. */
export async function composeVersion(
  program: string,
  options: { readonly env: Readonly<Record<string, string | undefined>>; readonly signal: AbortSignal },
): Promise<string> {
  const { stdout } = await run(program, ["version", "--short"], options);
  return printable(stdout).replace(/^v/u, "");
}

/** The first file of this name on the PATH that can be run. */
export async function findOnPath(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  for (const folder of (env["PATH"] ?? "").split(delimiter)) {
    // A relative PATH entry would find programs in whatever folder the user stands in.
    if (folder.startsWith("/") && (await isExecutable(join(folder, name)))) return join(folder, name);
  }
  return undefined;
}

/** The folder of Docker's configuration. */
export function dockerConfigFolder(env: Readonly<Record<string, string | undefined>>): string {
  return env["DOCKER_CONFIG"] ?? join(env["HOME"] ?? homedir(), ".docker");
}

const SYSTEM_FOLDERS = [
  "/usr/local/lib/docker/cli-plugins",
  "/usr/local/libexec/docker/cli-plugins",
  "/usr/lib/docker/cli-plugins",
  "/usr/libexec/docker/cli-plugins",
  "/opt/homebrew/lib/docker/cli-plugins",
  "/Applications/Docker.app/Contents/Resources/cli-plugins",
];

/** Docker's own order: the folders that its configuration adds, the user's, the system's. */
async function pluginFolders(
  env: Readonly<Record<string, string | undefined>>,
  systemFolders: readonly string[],
): Promise<string[]> {
  const config = dockerConfigFolder(env);
  return [...(await extraFolders(config)), join(config, "cli-plugins"), ...systemFolders];
}

const Config = z.object({ cliPluginsExtraDirs: z.optional(z.array(z.string())) });

async function extraFolders(config: string): Promise<string[]> {
  const text = await readFile(join(config, "config.json"), "utf8").catch(() => "{}");
  try {
    return Config.parse(JSON.parse(text)).cliPluginsExtraDirs ?? [];
  } catch {
    // Docker's configuration is for Docker to complain about.
    return [];
  }
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

function composeMissing(message: string): CiloError {
  const hint =
    process.platform === "darwin"
      ? "Install it: brew install docker-compose (Docker Desktop brings it)"
      : "Install the package docker-compose-plugin (Docker's repository) or docker-compose-v2 (Ubuntu), or see https://docs.docker.com/compose/install/linux/";
  return new CiloError(EngineCode.composeMissing, message, { hint });
}
