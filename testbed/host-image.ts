import { createHash } from "node:crypto";
import { cp, mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { CiloError } from "@cilo/base";
import * as z from "zod";
import { type Machine, command, succeeds } from "../scripts/setup/machine.ts";
import { baseImage, ensureBaseImage } from "./base-image.ts";

const folder = resolve(import.meta.dirname, "image");

/** The image of all hosts, made where it is not there or its files have changed. Answers its name. */
export async function ensureHostImage(machine: Machine): Promise<string> {
  const name = `cilo-testbed/host:${await hashOf(folder)}`;
  if (await succeeds(machine, ["docker", "image", "inspect", name])) return name;
  await ensureBaseImage(machine);
  const context = await mkdtemp(join(tmpdir(), "cilo-testbed-"));
  try {
    await cp(folder, context, { recursive: true });
    await cp(await composePlugin(machine), join(context, "compose"));
    const options = ["--quiet", "--build-arg", `BASE=${baseImage}`, "--label", "cilo.testbed.image=host"];
    // The builder inside the engine: it needs no plugin.
    await command(machine, ["docker", "build", ...options, "--tag", name, context], { env: { DOCKER_BUILDKIT: "0" } });
  } finally {
    await rm(context, { recursive: true, force: true });
  }
  return name;
}

async function hashOf(root: string): Promise<string> {
  const hash = createHash("sha256").update(baseImage);
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.sort()) hash.update(file.slice(root.length)).update(await readFile(file));
  return hash.digest("hex").slice(0, 12);
}

const Plugins = z.array(z.object({ Name: z.string(), Path: z.string() }));

/** Debian 12 has no Compose v2 (scripts/setup/compose-plugin.ts): the hosts get the file that this machine has. */
async function composePlugin(machine: Machine): Promise<string> {
  const { stdout } = await command(machine, ["docker", "info", "--format", "{{json .ClientInfo.Plugins}}"]);
  const plugin = Plugins.parse(JSON.parse(stdout)).find(({ Name }) => Name === "compose");
  if (plugin !== undefined) return plugin.Path;
  throw new CiloError("SETUP_UNSUPPORTED", "docker compose is missing here, and the testbed's machines need it", {
    hint: "npm test -- --yes installs it",
  });
}
