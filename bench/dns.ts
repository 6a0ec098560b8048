import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "@cilo/base";
import { type Names, createNames } from "@cilo/network";

/** Queries per second of two servers in one run, round by round. */
export interface DnsSamples {
  readonly names: number;
  /** Names published by Cilo, 200 services in each of 50 environments. */
  readonly ours: readonly number[];
  /** The same dnsmasq, the same names, in one static file. */
  readonly theirs: readonly number[];
  /** Median of ours by median of theirs; must reach 0.9. */
  readonly ratio: number;
}

const ENVIRONMENTS = 50;
const SERVICES = 200;
const SECONDS = 3;

/** Measures both servers in turn, alternating which goes first. Needs Debian's dnsperf and dnsmasq. */
export async function measureDns(options: {
  readonly rounds: number;
  readonly signal: AbortSignal;
}): Promise<DnsSamples> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "cilo-bench-dns-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const names = createNames({ dir: join(folder, "dns"), port: 15_301, env: process.env });
  stack.defer(() => names.stop({ signal: options.signal }));
  await publishAll(names, options.signal);
  const other = await startStatic(folder, { port: 15_302, signal: options.signal });
  stack.defer(() => void process.kill(other));
  const queries = join(folder, "queries");
  await writeFile(
    queries,
    shuffled(allNames())
      .map(
        ({ name }) => `${name} A
`,
      )
      .join(""),
  );
  const samples: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
  for (let round = 0; round < options.rounds; round += 1) {
    const order = [["ours", 15_301] as const, ["theirs", 15_302] as const];
    for (const [who, port] of round % 2 === 0 ? order : order.toReversed())
      samples[who].push(await queriesPerSecond(queries, { port, signal: options.signal }));
  }
  return { names: allNames().length, ...samples, ratio: median(samples.ours) / median(samples.theirs) };
}

async function publishAll(names: Names, signal: AbortSignal): Promise<void> {
  for (let environment = 0; environment < ENVIRONMENTS; environment += 1) {
    const endpoints = Array.from({ length: SERVICES }, (_, service) => ({
      service: `service-${service}`,
      label: `service-${service}`,
      addresses: [{ index: 1, address: addressOf(environment, service) }],
      hostnames: [],
      ingress: false,
    }));
    await names.publish({ project: "bench", environment: `env-${environment}`, suffix: ".test" }, endpoints, {
      signal,
    });
  }
}

function allNames(): { name: string; address: string }[] {
  return Array.from({ length: ENVIRONMENTS * SERVICES }, (_, index) => {
    const [environment, service] = [Math.floor(index / SERVICES), index % SERVICES];
    return { name: `service-${service}.env-${environment}.test`, address: addressOf(environment, service) };
  });
}

function addressOf(environment: number, service: number): string {
  return `10.223.${environment}.${service + 2}`;
}

/** An order that is not that of the files, the same in every run: 7919 is prime to the number of names. */
function shuffled<T>(items: readonly T[]): T[] {
  return items.map((_, index) => items[(index * 7919) % items.length]).filter((item) => item !== undefined);
}

async function startStatic(folder: string, options: { port: number; signal: AbortSignal }): Promise<number> {
  const hosts = join(folder, "static");
  await mkdir(join(folder, "theirs"));
  await writeFile(
    hosts,
    allNames()
      .map(({ name, address }) => `${address} ${name}\n`)
      .join(""),
  );
  const pidFile = join(folder, "theirs", "pid");
  const args = ["--no-resolv", "--no-hosts", `--addn-hosts=${hosts}`, "--local=/test/", "--listen-address=127.0.0.1"];
  const own = ["--conf-file=/dev/null", "--bind-interfaces", `--port=${options.port}`, `--pid-file=${pidFile}`];
  const user = process.getuid?.() === 0 ? ["--user=root"] : [];
  await run("/usr/sbin/dnsmasq", [...own, ...args, ...user], { signal: options.signal, env: {} });
  const pid = await run("cat", ["--", pidFile], { signal: options.signal, env: process.env });
  return Number(pid.stdout);
}

async function queriesPerSecond(queries: string, options: { port: number; signal: AbortSignal }): Promise<number> {
  const args = [
    "-s",
    "127.0.0.1",
    "-p",
    String(options.port),
    "-d",
    queries,
    "-l",
    String(SECONDS),
    "-c",
    "4",
    "-q",
    "100",
  ];
  const answer = await run("dnsperf", args, { signal: options.signal, env: process.env });
  const lost = /Queries lost:\s+(\d+)/u.exec(answer.stdout)?.[1];
  const rate = /Queries per second:\s+([\d.]+)/u.exec(answer.stdout)?.[1];
  const wrong = /Response codes:\s+NOERROR \d+ \(100\.00%\)/u.test(answer.stdout);
  if (rate === undefined || lost !== "0" || !wrong) throw new Error(`dnsperf: ${answer.stdout.slice(0, 2000)}`);
  return Number(rate);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

if (import.meta.main) {
  const samples = await measureDns({ rounds: Number(process.argv[2] ?? 10), signal: AbortSignal.timeout(600_000) });
  console.log(JSON.stringify(samples));
}
