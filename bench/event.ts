import { spawn } from "node:child_process";
import { Resolver } from "node:dns/promises";
import { createInterface } from "node:readline";
import { once } from "node:events";
import { type BenchHome, benchHome } from "./bench-home.ts";
import type { BenchOptions, Measurement } from "./measurement.ts";

/** Healthy only after two seconds, so that a name that waited for health would be seen. */
const project = {
  "compose.yml": `services:
  web:
    image: busybox:latest
    command: ["sleep", "100000"]
    expose: ["80"]
    healthcheck: { test: ["CMD", "true"], interval: 2s }
    stop_grace_period: 0s
`,
};

/** From the engine's own time of a container's start to the first right answer to its name, asked every millisecond. */
export async function benchEvent(options: BenchOptions): Promise<Measurement> {
  await using home = await benchHome(options.signal);
  const folder = await home.project("event", project);
  const ours: number[] = [];
  for (let round = 0; round <= options.rounds; round += 1) {
    const sample = await measureOnce(home, { name: `bench-${round}`, folder });
    // The first round also starts dnsmasq.
    if (round > 0) ours.push(sample);
  }
  return {
    name: "event",
    what: "engine's start event → first right answer",
    against: "–",
    unit: "ms",
    ours,
    theirs: [],
    limit: 50,
  };
}

async function measureOnce(home: BenchHome, environment: { name: string; folder: string }): Promise<number> {
  const { name, folder } = environment;
  const started = startEvent(name);
  await started.ready;
  const stop = new AbortController();
  const answered = firstAnswer(`web.${name}.test`, { port: home.dnsPort, signal: stop.signal });
  try {
    await home.cilo("up", name, "--from", folder);
    return (await answered) - (await started.at);
  } finally {
    stop.abort();
    started.stop();
    await home.cilo("destroy", name, "--force");
  }
}

/** The engine's time of the start of the environment's container, in milliseconds since the epoch. */
function startEvent(environment: string): { ready: Promise<unknown>; at: Promise<number>; stop: () => void } {
  const filters = ["type=container", "event=start", `label=cilo.environment=${environment}`];
  const argv = ["events", ...filters.flatMap((filter) => ["--filter", filter]), "--format", "{{.TimeNano}}"];
  const child = spawn("docker", argv, { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  const at = once(lines, "line").then(([line]: unknown[]) => Number(BigInt(String(line)) / 1000n) / 1000);
  return { ready: once(child, "spawn"), at, stop: () => void child.kill() };
}

async function firstAnswer(name: string, options: { port: number; signal: AbortSignal }): Promise<number> {
  const resolver = new Resolver({ timeout: 200, tries: 1 });
  resolver.setServers([`127.0.0.1:${options.port}`]);
  while (!options.signal.aborted) {
    const found = await resolver.resolve4(name).catch(() => []);
    if (found.length > 0) return performance.timeOrigin + performance.now();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return Number.NaN;
}
