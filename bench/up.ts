import { benchHome } from "./bench-home.ts";
import { type BenchOptions, type Measurement, compare } from "./measurement.ts";
import { fourServices } from "./project.ts";

/** `cilo up` of an environment that is there but does not run, against `docker compose up -d --wait` on the same files. */
export async function benchUp(options: BenchOptions): Promise<Measurement> {
  await using home = await benchHome(options.signal);
  const project = await home.project("four", fourServices(`bench${process.pid}`));
  await home.cilo("create", "bench", "--from", project);
  const samples = await compare(
    {
      ours: { measured: () => home.cilo("up", "bench"), after: () => home.cilo("down", "bench") },
      theirs: {
        measured: () => home.docker(project, "compose", "up", "-d", "--wait"),
        after: () => home.docker(project, "compose", "down"),
      },
    },
    options,
  );
  await home.docker(project, "compose", "down", "--volumes");
  await home.cilo("destroy", "bench", "--force");
  return {
    name: "up",
    what: "cilo up, prepared 4-service project",
    against: "docker compose up -d --wait",
    unit: "ms",
    ...samples,
    limit: 1.15,
  };
}
