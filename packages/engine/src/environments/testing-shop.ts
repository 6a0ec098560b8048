import { readFile } from "node:fs/promises";
import { CiloError } from "@cilo/base";
import type { EnvironmentStatus } from "./environments.ts";
import { environmentPaths } from "./home.ts";
import { type Bench, createBench } from "./testing.ts";

/** For tests: two services, one of which mounts a folder of the source. `SOURCE` stands for the source's folder. */
export const SHOP = `
services:
  web:
    image: nginx
    healthcheck: { test: [CMD, "true"] }
    networks: { default: null }
    volumes: [{ type: bind, source: SOURCE/site, target: /site }]
  db:
    image: postgres
    healthcheck: { test: [CMD, "true"] }
    networks: { default: null }
networks: { default: null }
`;

export async function shop(): Promise<Bench> {
  const bench = await createBench("");
  await writeShop(bench, SHOP);
  return bench;
}

export const writeShop = (bench: Bench, text: string): Promise<void> =>
  bench.write("compose.yaml", text.replaceAll("SOURCE", bench.source));

export const idOf = (status: EnvironmentStatus, service: string): string | undefined =>
  status.serviceStatus.find((one) => one.service === service)?.containers[0]?.id;

/** The error that the work must fail with. */
export async function failure(work: Promise<unknown>): Promise<CiloError> {
  const outcome = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof CiloError) return outcome;
  throw new Error("it did not fail as it should", { cause: outcome });
}

/** How often the engine was told to bring something up. */
export const upsOf = (bench: Bench): number => bench.runtime.calls.filter((call) => call.startsWith("up ")).length;

/** The generated Compose file of `dev`. */
export async function composeFile(bench: Bench): Promise<string> {
  return await readFile(environmentPaths(bench.home, { project: "shop", environment: "dev" }).compose, "utf8");
}
