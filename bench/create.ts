import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "@cilo/base";
import { type BenchHome, benchHome } from "./bench-home.ts";
import { type BenchOptions, type Measurement, compare, diskIsQuiet } from "./measurement.ts";
import { fourServices } from "./project.ts";

const folders = 2000;
const filesPerFolder = 10;
const bytesPerFile = 25_000;

/** `cilo up` from nothing with a workspace of 20,000 files and 500 MB, against `cp -a` and `docker compose up -d --wait`. */
export async function benchCreate(options: BenchOptions): Promise<Measurement> {
  await using home = await benchHome(options.signal);
  const project = await bigProject(home);
  const copy = join(home.folder, "by-hand");
  const samples = await compare(
    {
      ours: {
        before: () => diskIsQuiet(options.signal),
        measured: () => home.cilo("up", "bench", "--from", project),
        after: () => home.cilo("destroy", "bench", "--force"),
      },
      theirs: {
        before: () => diskIsQuiet(options.signal),
        measured: async () => {
          await run("cp", ["-a", "--", project, copy], { signal: options.signal, env: process.env });
          await home.docker(copy, "compose", "up", "-d", "--wait");
        },
        after: async () => {
          await home.docker(copy, "compose", "down", "--volumes");
          await rm(copy, { recursive: true });
        },
      },
    },
    options,
  );
  return {
    name: "create",
    what: "create + up, 20,000 files, 500 MB",
    against: "cp -a, then docker compose up -d --wait",
    unit: "ms",
    ...samples,
    limit: 1,
  };
}

async function bigProject(home: BenchHome): Promise<string> {
  const project = await home.project("big", fourServices(`big${process.pid}`));
  const first = join(project, "data/0");
  await mkdir(first, { recursive: true });
  for (let file = 0; file < filesPerFolder; file += 1)
    await writeFile(join(first, `file-${file}`), Buffer.alloc(bytesPerFile, `${file} content `));
  for (let folder = 1; folder < folders; folder += 1)
    await cp(first, join(project, `data/${folder}`), { recursive: true });
  return project;
}
