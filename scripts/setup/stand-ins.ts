import { copyFile, cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { CiloError } from "@cilo/base";
import { baseImage, ensureBaseImage } from "./stand-ins/base.ts";
import { importBusybox } from "./stand-ins/busybox.ts";
import { type Machine, command, isThere } from "./machine.ts";

/**
 * Stand-ins for official images, built from this system's packages: the real PostgreSQL, Redis, nginx, Node and
 * busybox, configured through the same variables, paths and arguments. They carry the label `cilo.stand-in`.
 */
const kinds = ["busybox", "nginx", "node", "postgres", "redis"] as const;
type Kind = (typeof kinds)[number];

const folder = resolve(import.meta.dirname, "stand-ins");
/** The npm that stand-ins of Node bring. */
const npmVersion = "11.19.1";

/** Which stand-in can take the image's place; `undefined` when none can. */
export function standInFor(reference: string): Kind | undefined {
  const name = reference.replace(/^docker\.io\/(library\/)?/u, "").replace(/[:@].*$/u, "");
  return kinds.find((kind) => kind === name);
}

/** Builds the stand-in and tags it with the reference. The caller has made sure that nothing is there. */
export async function buildStandIn(machine: Machine, reference: string): Promise<void> {
  const kind = standInFor(reference);
  if (kind === undefined) {
    throw new CiloError("IMAGE_UNAVAILABLE", `no registry is reachable, and there is no stand-in for ${reference}`, {
      hint: `docker pull ${reference}`,
    });
  }
  if (kind === "busybox") return await importBusybox(machine, reference);
  await ensureBaseImage(machine);
  await buildOnBase(machine, { kind, reference });
}

async function buildOnBase(machine: Machine, image: { kind: Kind; reference: string }): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), "cilo-stand-in-"));
  try {
    await cp(join(folder, image.kind), context, { recursive: true });
    if (image.kind === "node") await addNode(machine, context);
    const labels = [`cilo.stand-in=${image.kind}`, `cilo.stand-in.base=${baseImage}`];
    await command(
      machine,
      [
        "docker",
        "build",
        "--quiet",
        ...labels.flatMap((label) => ["--label", label]),
        "--tag",
        image.reference,
        context,
      ],
      // The builder inside the engine: it needs no plugin.
      { env: { DOCKER_BUILDKIT: "0" } },
    );
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

/** The Node of this checkout, and npm from the registry that the checkout's own packages came from. */
async function addNode(machine: Machine, context: string): Promise<void> {
  await copyFile("node_modules/node/bin/node", join(context, "node"));
  const cache = resolve(".cache/npm", npmVersion);
  const modules = join(cache, "node_modules");
  if (!(await isThere(join(modules, "npm")))) {
    await mkdir(cache, { recursive: true });
    const options = ["--prefix", cache, "--no-audit", "--no-fund", "--loglevel=error"];
    await command(machine, ["npm", "install", ...options, `npm@${npmVersion}`]);
  }
  await cp(join(modules, "npm"), join(context, "npm"), { recursive: true });
}
