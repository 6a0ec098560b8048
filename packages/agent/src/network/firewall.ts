import { CiloError, run } from "@cilo/base";
import * as z from "zod";
import { AgentCode } from "../errors.ts";
import { type Gateway, ruleset, tableName } from "./ruleset.ts";

/** The nftables table of a machine and the one rule of ours in Docker's chain. */
export interface Firewall {
  /** Makes exactly this hold; safe to repeat, also after a crash or when somebody flushed everything. */
  apply(gateway: Gateway, signal: AbortSignal): Promise<void>;
  /** Payload that came for each environment since it was last asked, in bytes, by environment. */
  usage(signal: AbortSignal): Promise<ReadonlyMap<string, number>>;
  /** Takes the table and the rule away. */
  remove(gateway: Pick<Gateway, "tunnel" | "servicePool">, signal: AbortSignal): Promise<void>;
}

export interface FirewallOptions {
  readonly tunnel: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** @throws CiloError `FIREWALL_FAILED` where nftables is not there or refuses */
export function createFirewall({ tunnel, env }: FirewallOptions): Firewall {
  const nft = async (args: readonly string[], signal: AbortSignal, input?: string): Promise<string> => {
    try {
      return (await run("nft", args, { env, signal, ...(input === undefined ? {} : { input }) })).stdout;
    } catch (cause) {
      signal.throwIfAborted();
      throw new CiloError(AgentCode.firewallFailed, `nftables refused the table ${tableName(tunnel)}`, {
        cause,
        hint: "Is nftables installed, and does the agent run as root?",
      });
    }
  };
  const seen = new Map<string, number>();
  /** Counters begin at nothing when the table is replaced, so they are taken down before. */
  const collect = async (signal: AbortSignal): Promise<boolean> => {
    const text = await nft(["-j", "reset", "counters", "table", "ip", tableName(tunnel)], signal).catch(
      () => undefined,
    );
    signal.throwIfAborted();
    if (text === undefined) return false;
    for (const { counter } of Counters.parse(JSON.parse(text)).nftables)
      if (counter !== undefined) seen.set(counter.name, (seen.get(counter.name) ?? 0) + counter.bytes);
    return true;
  };
  let applied: string | undefined;
  return {
    async apply(gateway, signal) {
      const text = ruleset(gateway);
      const isThere = await collect(signal);
      if (!isThere || text !== applied) await nft(["-f", "-"], signal, text);
      applied = text;
      await letDockerPass(gateway, { env, signal });
    },
    async usage(signal) {
      await collect(signal);
      const usage = new Map(seen);
      seen.clear();
      return usage;
    },
    async remove({ servicePool }, signal) {
      applied = undefined;
      const table = tableName(tunnel);
      await nft(["-f", "-"], signal, `table ip ${table} {}\ndelete table ip ${table}\n`);
      await dockerRule("-D", servicePool, { env, signal });
    },
  };
}

const Counters = z.object({
  nftables: z.array(z.object({ counter: z.optional(z.object({ name: z.string(), bytes: z.number() })) })),
});

/**
 * Docker drops what is forwarded to a container unless a port is published; what its users may say beforehand stands in
 * DOCKER-USER, in the table that `iptables` writes to. Engines without that chain drop nothing.
 */
async function letDockerPass(gateway: Gateway, at: Place): Promise<void> {
  if (await dockerRule("-C", gateway.servicePool, at)) return;
  await dockerRule("-I", gateway.servicePool, at);
}

interface Place {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** @returns whether it was done: not so where there is no such chain, rule or program */
async function dockerRule(verb: "-C" | "-I" | "-D", servicePool: string, { env, signal }: Place): Promise<boolean> {
  const match = ["-m", "conntrack", "--ctstate", "DNAT", "--ctorigdst", servicePool, "-j", "ACCEPT"];
  try {
    const { exitCode } = await run("iptables", ["-w", "5", verb, "DOCKER-USER", ...match], {
      env,
      signal,
      expect: [0, 1, 2, 3],
    });
    return exitCode === 0;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof CiloError) return false;
    throw error;
  }
}
