import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { join } from "node:path";
import { CiloError, isErrno, readFileIfThere } from "@cilo/base";
import * as z from "zod/mini";
import { EngineCode } from "../../errors.ts";
import { dockerConfigFolder } from "../compose/program.ts";
import { type EngineCandidate, parseEndpoint, unixEndpoint } from "../engine/endpoint.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Ways to a Docker engine, in the order of the `docker` command. What the user chose (`DOCKER_HOST`, `DOCKER_CONTEXT`,
 * a current context) is the only one: another engine than `docker` speaks to would be a surprise.
 */
export async function dockerCandidates(env: Environment): Promise<EngineCandidate[]> {
  const host = env["DOCKER_HOST"];
  if (host) return [{ from: "DOCKER_HOST", ...endpointOrRefusal(host, tlsFolder(env)) }];
  const context = env["DOCKER_CONTEXT"] || (await currentContext(env));
  if (context && context !== "default") return [await contextCandidate(context, env)];
  return socketPaths(env).map(([from, path]) => ({ from, endpoint: unixEndpoint(path) }));
}

function socketPaths(env: Environment): [from: string, path: string][] {
  const home = env["HOME"] ?? homedir();
  const runtimeFolder = env["XDG_RUNTIME_DIR"];
  return [
    ["the default socket", "/var/run/docker.sock"],
    ...(runtimeFolder ? [["rootless Docker", join(runtimeFolder, "docker.sock")] satisfies [string, string]] : []),
    ["Docker Desktop", join(home, ".docker/run/docker.sock")],
    ["Docker Desktop for Linux", join(home, ".docker/desktop/docker.sock")],
  ];
}

function endpointOrRefusal(
  url: string,
  tls?: string,
): { endpoint: Exclude<ReturnType<typeof parseEndpoint>, { refusal: string }> } | { refusal: string } {
  const parsed = parseEndpoint(url, tls);
  return "refusal" in parsed ? parsed : { endpoint: parsed };
}

function tlsFolder(env: Environment): string | undefined {
  return env["DOCKER_TLS_VERIFY"] ? (env["DOCKER_CERT_PATH"] ?? dockerConfigFolder(env)) : undefined;
}

const Config = z.object({ currentContext: z.optional(z.string()) });

async function currentContext(env: Environment): Promise<string | undefined> {
  const text = await readDockerFile(join(dockerConfigFolder(env), "config.json"));
  const config = Config.safeParse(text === undefined ? {} : parseJson(text));
  return config.success ? config.data.currentContext : undefined;
}

const ContextMeta = z.object({
  Endpoints: z.object({ docker: z.object({ Host: z.optional(z.string()) }) }),
});

/** Contexts lie in folders named by the SHA-256 of their name. */
async function contextCandidate(name: string, env: Environment): Promise<EngineCandidate> {
  const from = `the Docker context ${JSON.stringify(name)}`;
  const contexts = join(dockerConfigFolder(env), "contexts");
  const id = createHash("sha256").update(name).digest("hex");
  const text = await readDockerFile(join(contexts, "meta", id, "meta.json"));
  if (text === undefined) return { from, refusal: "there is no such context" };
  const meta = ContextMeta.safeParse(parseJson(text));
  const host = meta.success ? meta.data.Endpoints.docker.Host : undefined;
  if (host === undefined || host === "") return { from, refusal: "it names no Docker endpoint" };
  const tls = join(contexts, "tls", id, "docker");
  const hasTls = (await readDockerFile(join(tls, "ca.pem"))) !== undefined;
  return { from, ...endpointOrRefusal(host, hasTls ? tls : undefined) };
}

/** A file of Docker's configuration, which says what engine the user means: one that cannot be read is not passed over. */
async function readDockerFile(path: string): Promise<string | undefined> {
  try {
    return await readFileIfThere(path);
  } catch (cause) {
    if (!isErrno(cause, "EACCES", "EPERM", "EISDIR", "ELOOP")) throw cause;
    throw new CiloError(EngineCode.engineUnreachable, `Docker's configuration ${path} cannot be read: ${cause.code}`, {
      cause,
      hint: "Let your user read it, or name the engine yourself: DOCKER_HOST=unix:///var/run/docker.sock",
    });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
