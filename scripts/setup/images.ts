import { resolve } from "node:path";
import { lock } from "@cilo/base";
import { type Machine, command, succeeds } from "./machine.ts";
import { registryAnswers } from "./registry.ts";
import { buildStandIn, standInFor } from "./stand-ins.ts";
import { baseImage } from "./stand-ins/base.ts";

export type ImageOrigin = "present" | "pulled" | "stand-in";

/**
 * Makes the images be there: what is there is left alone, what is not is pulled, and where no registry is reachable a
 * stand-in is built and tagged with the real name. Any number of processes may ask at once.
 */
export async function ensureImages(machine: Machine, references: readonly string[]): Promise<Map<string, ImageOrigin>> {
  await using _ = await lock(resolve(".cache/locks/images"), { signal: machine.signal });
  const origins = new Map<string, ImageOrigin>();
  const absent = await absentImages(machine, references);
  for (const reference of references) if (!absent.includes(reference)) origins.set(reference, "present");
  if (absent.length === 0) return origins;
  const online = await registryAnswers(machine);
  for (const reference of absent) origins.set(reference, await makeImage(machine, { reference, online }));
  return origins;
}

/** Those of the images that the engine does not have; all of them when there is no engine yet. */
async function absentImages(machine: Machine, references: readonly string[]): Promise<string[]> {
  const absent = references.map(async (reference) =>
    (await succeeds(machine, ["docker", "image", "inspect", reference])) ? [] : [reference],
  );
  return (await Promise.all(absent)).flat();
}

async function makeImage(machine: Machine, image: { reference: string; online: boolean }): Promise<ImageOrigin> {
  if (image.online) {
    console.log(`… pulling ${image.reference}`);
    if (await succeeds(machine, ["docker", "pull", "--quiet", image.reference])) return "pulled";
  }
  console.log(`… no registry is reachable: building a stand-in for ${image.reference} from this system's packages`);
  await buildStandIn(machine, image.reference);
  return "stand-in";
}

/** Packages that building stand-ins takes, when one of the images can only be had so. */
export async function packagesForImages(machine: Machine, references: readonly string[]): Promise<string[]> {
  const absent = await absentImages(machine, references);
  const distributionNeeded = absent.some((reference) => standInFor(reference) !== "busybox");
  if (!distributionNeeded || (await succeeds(machine, ["mmdebstrap", "--version"]))) return [];
  return (await registryAnswers(machine)) ? [] : ["mmdebstrap"];
}

/** The stand-ins at the engine, by reference. Images built from one inherit its label, and are told apart by their name. */
export async function standInsPresent(machine: Machine): Promise<string[]> {
  const format = "{{.Repository}}:{{.Tag}}";
  const argv = ["docker", "images", "--filter", "label=cilo.stand-in", "--format", format];
  const references = (await command(machine, argv)).stdout.split("\n");
  return references.filter((name) => standInFor(name) !== undefined || name === `${baseImage}:latest`);
}
