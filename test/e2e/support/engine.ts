import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** The engine that this run of the tests is about. */
export const testedEngine = process.env["CILO_TEST_RUNTIME"] === "podman" ? "podman" : "docker";

/** Runs the engine's own program and answers its stdout. */
export async function engine(...args: string[]): Promise<string> {
  const remote = testedEngine === "podman" ? ["--remote", "--url", process.env["CONTAINER_HOST"] ?? ""] : [];
  const { stdout } = await execute(testedEngine, [...remote, ...args], { maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

const kinds = {
  container: ["ps", "--all", "--no-trunc", "--quiet"],
  network: ["network", "ls", "--no-trunc", "--quiet"],
  volume: ["volume", "ls", "--quiet"],
  image: ["images", "--no-trunc", "--quiet"],
} as const;
export type EngineKind = keyof typeof kinds;

/** Names or identifiers of what carries the label at the engine. */
export async function labelled(kind: EngineKind, label: string): Promise<string[]> {
  const lines = (await engine(...kinds[kind], "--filter", `label=${label}`)).split("\n");
  return [...new Set(lines.filter(Boolean))];
}

/** Everything of one home at the engine, as `kind identifier`. Empty after `destroy` of all its environments. */
export async function everythingOf(homeId: string): Promise<string[]> {
  const label = `cilo.home=${homeId}`;
  const found = await Promise.all(
    (["container", "network", "volume", "image"] as const).map(async (kind) => {
      return (await labelled(kind, label)).map((name) => `${kind} ${name}`);
    }),
  );
  return found.flat();
}

/** Removes everything of one home. What another process removes at the same moment is no failure. */
export async function removeEverything(homeId: string): Promise<void> {
  const label = `cilo.home=${homeId}`;
  await removeAll(await labelled("container", label), ["rm", "--force", "--volumes"]);
  await removeAll(await labelled("network", label), ["network", "rm"]);
  await removeAll(await labelled("volume", label), ["volume", "rm", "--force"]);
  await removeAll(await labelled("image", label), ["rmi", "--force"]);
}

async function removeAll(names: readonly string[], command: readonly string[]): Promise<void> {
  await Promise.allSettled(names.map((name) => engine(...command, name)));
}
