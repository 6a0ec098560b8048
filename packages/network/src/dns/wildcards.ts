import { join } from "node:path";
import { CiloError, poll, writeFileAtomic } from "@cilo/base";
import { NetworkCode } from "../errors.ts";
import { startInstance, stopInstance } from "./dnsmasq.ts";
import { fingerprint } from "./fingerprint.ts";
import { type Instance, type ProcessContext, pidOf } from "./instance.ts";
import { queryText } from "./query.ts";
import type { WildcardPorts } from "./wildcard-ports.ts";
import { CONTROL_DOMAIN, type ZoneRecord } from "./zone.ts";

/** What the wildcard process is to serve. */
export interface WildcardSet {
  readonly suffixes: readonly string[];
  readonly wildcards: readonly ZoneRecord[];
}

/** Asked of a process, answers which set it serves. */
const GENERATION_NAME = `wildcards.${CONTROL_DOMAIN}`;

/**
 * Wildcards are configuration to dnsmasq, which it reads only when it starts. So they live in a process of their own
 * behind the one that has the port users ask: of two ports, `a` and `b`, one is in use. A change starts a process with
 * the new wildcards on the other port, and ends the old one when the new one answers. The one in front sends every
 * question to both ports and takes the first answer, so none is ever lost. See docs/adr/0020-wildcards.md.
 */
export interface WildcardServer {
  /** True when exactly one process runs and serves exactly this set. */
  serves(set: WildcardSet, signal: AbortSignal): Promise<boolean>;
  /** Makes {@link serves} true without an interval in which nothing answers. The caller holds the lock. */
  apply(set: WildcardSet, context: ProcessContext): Promise<void>;
  stop(context: ProcessContext): Promise<void>;
}

export function wildcardServer(dir: string, ports: WildcardPorts): WildcardServer {
  const slots = [slotOf(dir, "a", ports.a), slotOf(dir, "b", ports.b)] as const;
  return {
    async serves(set, signal) {
      const states = await Promise.all(slots.map((slot) => stateOf(slot, set, signal)));
      return states.includes("right") && states.includes("unused");
    },
    async apply(set, context) {
      const [a, b] = await Promise.all(slots.map((slot) => checkedState(slot, set, context)));
      // What answers now is kept until the other one does.
      const [chosen, other] =
        a === "right" || (a === "unused" && b !== "right") ? slots : ([slots[1], slots[0]] as const);
      if (a !== "right" && b !== "right") await startWith(chosen, set, context);
      // What came before the chosen one listened is in the other's queue, and would be lost with it: this question is the last there.
      await stateOf(other, set, context.signal);
      await stopInstance(other, context);
    },
    async stop(context) {
      for (const slot of slots) await stopInstance(slot, context);
    },
  };
}

/** `unused`: nothing listens on the port; `other`: something does that does not serve the set. */
type SlotState = "right" | "unused" | "other";

async function stateOf(slot: Instance, set: WildcardSet, signal: AbortSignal): Promise<SlotState> {
  const answer = await queryText(GENERATION_NAME, { port: slot.port, signal });
  if (answer.kind === "refused") return "unused";
  return answer.kind === "found" && answer.values[0] === generationOf(slot.dir, set) ? "right" : "other";
}

/** Answers from a program that is not ours would mix with ours, so its port cannot be one of the two. */
async function checkedState(slot: Instance, set: WildcardSet, context: ProcessContext): Promise<SlotState> {
  const state = await stateOf(slot, set, context.signal);
  if (state !== "other" || (await pidOf(slot, context)) !== undefined) return state;
  throw new CiloError(NetworkCode.dnsPortTaken, `port ${slot.port} of 127.0.0.1 is taken by another program`);
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
  const config = `txt-record=${GENERATION_NAME},${generationOf(slot.dir, set)}\n${renderRules(set)}`;
  await writeFileAtomic(join(slot.dir, `${slot.name}.conf`), config, { sync: false });
  await startInstance(slot, context);
  await poll(async () => (await stateOf(slot, set, context.signal)) === "right", {
    signal: context.signal,
    timeoutMs: 5000,
    intervalMs: 1,
    what: "the new wildcards to answer",
  });
}

/** The folder is part of it, so that another home's process is never taken for one's own. */
function generationOf(dir: string, set: WildcardSet): string {
  return fingerprint(`${dir}\n${renderRules(set)}`);
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
