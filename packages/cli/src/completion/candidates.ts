import { join } from "node:path";
import { loadIsolation } from "@cilo/engine";
import type { CiloContext } from "../context.ts";
import { readHomeNames } from "./home-names.ts";

/** Names of the environments of this home. */
export async function environmentNames(context: CiloContext): Promise<readonly string[]> {
  return (await readHomeNames(context)).map(({ environment }) => environment);
}

/** Services of the environment that is named on the line; none when none is. */
export async function serviceNames(context: CiloContext): Promise<readonly string[]> {
  const words = (context.words ?? []).slice(1, -1);
  const found = (await readHomeNames(context)).find(({ environment }) => words.includes(environment));
  if (found === undefined) return [];
  const isolation = await loadIsolation(join(found.folder, "isolated.json"));
  return [...(isolation?.services ?? []), ...(isolation?.shared ?? [])].map(({ name }) => name);
}

/** An environment as first argument, its services afterwards. */
export async function environmentsOrServices(context: CiloContext): Promise<readonly string[]> {
  const services = await serviceNames(context);
  return services.length > 0 ? services : await environmentNames(context);
}
