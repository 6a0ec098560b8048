import { join } from "node:path";
import { benchHome } from "./bench-home.ts";
import { type BenchOptions, type Measurement, compare } from "./measurement.ts";
import { fourServices } from "./project.ts";

const count = 10;

/** Ten environments from nothing at once, against ten `docker compose up` at once with subnets written by hand. */
export async function benchParallel(options: BenchOptions): Promise<Measurement> {
  await using home = await benchHome(options.signal);
  const numbers = Array.from({ length: count }, (_, index) => index);
  const project = await home.project("ours", fourServices(`par${process.pid}`));
  const byHand = await Promise.all(
    numbers.map((index) => {
      const files = fourServices(`hand${process.pid}x${index}`, `10.9${index}.77.0/24`);
      return home.project(join("by-hand", String(index)), files);
    }),
  );
  const samples = await compare(
    {
      ours: {
        measured: () => Promise.all(numbers.map((index) => home.cilo("up", `bench-${index}`, "--from", project))),
        after: () => Promise.all(numbers.map((index) => home.cilo("destroy", `bench-${index}`, "--force"))),
      },
      theirs: {
        measured: () => Promise.all(byHand.map((folder) => home.docker(folder, "compose", "up", "-d", "--wait"))),
        after: () => Promise.all(byHand.map((folder) => home.docker(folder, "compose", "down", "--volumes"))),
      },
    },
    options,
  );
  return {
    name: "parallel",
    what: "10 environments in parallel",
    against: "10 × docker compose up -d --wait in parallel, subnets by hand",
    unit: "ms",
    ...samples,
    limit: 1.1,
  };
}
