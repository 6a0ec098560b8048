import { createHash } from "node:crypto";
import { createServer } from "node:net";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { join } from "node:path";
import { isErrno, poll, writeFileAtomic } from "@cilo/base";
import { type Instance, type ProcessContext, startInstance, stopInstance } from "./dnsmasq.ts";
import { queryText } from "./query.ts";
import { CONTROL_DOMAIN, type ZoneRecord } from "./zone.ts";

/**
 * Wildcards are configuration to dnsmasq, which it reads only when it starts. So they live in a process of their own
 * behind the one that has the port users ask: of two ports, `a` and `b`, one is in use. A change starts a process with
 * the new wildcards on the other port, and ends the old one when the new one answers. The one in front sends every
 * question to both ports and takes the first answer, so none is ever lost. See docs/adr/0020-wildcards.md.
 */
export interface WildcardPorts {
  readonly a: number;
  readonly b: number;
}

/** What the wildcard process is to serve. */
export interface WildcardSet {
  readonly suffixes: readonly string[];
  readonly wildcards: readonly ZoneRecord[];
}

/** Asked of a process, answers which set it serves. */
const GENERATION_NAME = `wildcards.${CONTROL_DOMAIN}`;

export interface WildcardServer {
  /** True when exactly one process runs and serves exactly this set. */
  serves(set: WildcardSet, signal: AbortSignal): Promise<boolean>;
  /** Makes {@link serves} true without an interval in which nothing answers. The caller holds the lock. */
  apply(set: WildcardSet, context: ProcessContext): Promise<void>;
  stop(context: ProcessContext): Promise<void>;
}

export function wildcardServer(dir: string, ports: WildcardPorts): WildcardServer {
  const slots = [slotOf(dir, "a", ports.a), slotOf(dir, "b", ports.b)] as const;
  const generations = (signal: AbortSignal): Promise<(string | undefined)[]> =>
    Promise.all(slots.map((slot) => generationAt(slot, signal)));
  return {
    async serves(set, signal) {
      const running = (await generations(signal)).filter((generation) => generation !== undefined);
      return running.length === 1 && running[0] === generationOf(set);
    },
    async apply(set, context) {
      const wanted = generationOf(set);
      const now = await generations(context.signal);
      const right = now.indexOf(wanted);
      // The slot that answers now is kept until the other one does.
      const target = right >= 0 ? right : now[0] === undefined ? 0 : 1;
      const [chosen, other] = target === 0 ? slots : ([slots[1], slots[0]] as const);
      if (right < 0) await startWith(chosen, set, context);
      await stopInstance(other, context);
    },
    async stop(context) {
      for (const slot of slots) await stopInstance(slot, context);
    },
  };
}

function slotOf(dir: string, name: "a" | "b", port: number): Instance {
  return {
    name: `wildcards-${name}`,
    dir,
    port,
    args: [`--conf-file=${join(dir, `wildcards-${name}.conf`)}`, "--cache-size=0"],
  };
}

async function startWith(slot: Instance, set: WildcardSet, context: ProcessContext): Promise<void> {
  await stopInstance(slot, context);
  await writeFileAtomic(join(slot.dir, `${slot.name}.conf`), renderConfig(set), { sync: false });
  await startInstance(slot, context);
  await poll(async () => (await generationAt(slot, context.signal)) === generationOf(set), {
    signal: context.signal,
    timeoutMs: 5000,
    intervalMs: 1,
    what: "the new wildcards to answer",
  });
}

async function generationAt(slot: Instance, signal: AbortSignal): Promise<string | undefined> {
  const answer = await queryText(GENERATION_NAME, { port: slot.port, signal });
  return answer.kind === "found" ? answer.values[0] : answer.kind === "refused" ? undefined : "unknown";
}

function generationOf(set: WildcardSet): string {
  return createHash("sha256").update(renderRules(set)).digest("hex").slice(0, 16);
}

function renderConfig(set: WildcardSet): string {
  return `txt-record=${GENERATION_NAME},${generationOf(set)}\n${renderRules(set)}`;
}

/** `local=` beside `address=` makes an AAAA question under a wildcard "no such record" instead of "no such name". */
function renderRules(set: WildcardSet): string {
  const suffixes = [...set.suffixes].sort().map((suffix) => `local=/${suffix.slice(1)}/\n`);
  const wildcards = [...set.wildcards].sort((a, b) => (a.name < b.name ? -1 : 1));
  const rules = wildcards.map(
    ({ name, addresses }) => `${addresses.map((address) => `address=/${name}/${address}\n`).join("")}local=/${name}/\n`,
  );
  return [...suffixes, ...rules].join("");
}

/** Two free ports on loopback, below the range systems hand out by themselves, so that the unused one stays free. */
export async function chooseWildcardPorts(frontPort: number): Promise<WildcardPorts> {
  const free: number[] = [];
  const first = frontPort < 20_000 ? frontPort + 10_000 : 12_000;
  for (let port = first; free.length < 2; port += 1) if (await isFree(port)) free.push(port);
  const [a = first, b = first + 1] = free;
  return { a, b };
}

async function isFree(port: number): Promise<boolean> {
  const tcp = createServer();
  const udp = createSocket("udp4");
  try {
    tcp.listen(port, "127.0.0.1");
    await once(tcp, "listening");
    udp.bind({ port, address: "127.0.0.1", exclusive: true });
    await once(udp, "listening");
    return true;
  } catch (error) {
    if (isErrno(error, "EADDRINUSE", "EACCES")) return false;
    throw error;
  } finally {
    tcp.close();
    udp.close();
  }
}
