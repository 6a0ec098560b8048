import { join } from "node:path";
import { CiloError, isCiloError, lock, poll } from "@cilo/base";
import { NetworkCode } from "../errors.ts";
import { giveFolderToInvokingUser } from "../owner.ts";
import { fingerprint } from "./fingerprint.ts";
import { rereadInstance, startInstance, stopInstance } from "./dnsmasq.ts";
import { type Instance, type ProcessContext, pidOf } from "./instance.ts";
import { portHolder } from "./port-holder.ts";
import { queryText } from "./query.ts";
import { type WildcardPorts, newPorts, readPorts } from "./wildcard-ports.ts";
import { type WildcardServer, type WildcardSet, wildcardServer } from "./wildcards.ts";
import { CONTROL_DOMAIN, checkName } from "./zone.ts";
import { type ZoneFiles, hostsFolder } from "./zone-files.ts";

export interface NameServerOptions {
  /** `CILO_HOME/dns` */
  readonly dir: string;
  readonly port: number;
  /** Registered suffixes, with the leading dot; at least one. */
  readonly suffixes: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
}

/**
 * The dnsmasq processes of a home. Nothing watches them: every caller looks whether they answer, and starts what does
 * not, one caller at a time, so that a crash is mended by the next command and nobody starts one twice.
 */
export interface NameServer {
  readonly port: number;
  /**
   * Returns when the process in front and the wildcards answer as the files say; answers whether something had to be
   * started for that.
   * @throws CiloError `DNSMASQ_MISSING`, `DNS_PORT_TAKEN`, `DNS_FAILED`, `NEEDS_ROOT`
   */
  ensure(signal: AbortSignal): Promise<{ readonly mended: boolean }>;
  /** Whether all is as {@link ensure} would make it. Changes nothing. */
  isRight(signal: AbortSignal): Promise<boolean>;
  /** Makes the process in front read all names again; for systems without watched folders, and when a change was missed. */
  reread(signal: AbortSignal): Promise<void>;
  /** Starts the process in front anew: the last resort. */
  restart(signal: AbortSignal): Promise<void>;
  stop(signal: AbortSignal): Promise<void>;
  /** Process id of the one in front, while it runs. */
  pid(signal: AbortSignal): Promise<number | undefined>;
}

/** Asked of the process in front, answers what it was started with. */
const FRONT_NAME = `front.${CONTROL_DOMAIN}`;

export function openNameServer(options: NameServerOptions, files: ZoneFiles): NameServer {
  const contextOf = (signal: AbortSignal): ProcessContext => ({ env: options.env, platform: options.platform, signal });
  const exclusively = async <T>(signal: AbortSignal, work: (context: ProcessContext) => Promise<T>): Promise<T> => {
    await files.prepare();
    await using _held = await lock(join(options.dir, "lock"), { signal });
    try {
      return await work(contextOf(signal));
    } finally {
      await giveFolderToInvokingUser(options.dir, options.env);
    }
  };
  const isRight = async (signal: AbortSignal): Promise<boolean> => {
    const ports = await readPorts(options.dir);
    if (ports === undefined) return false;
    const [front, wildcards] = await Promise.all([
      answersAs(frontOf(options, ports), signal),
      wildcardsOf(options, ports).serves(await wantedOf(options, files), signal),
    ]);
    return front && wildcards;
  };
  return {
    port: options.port,
    isRight,
    async ensure(signal) {
      if (await isRight(signal)) return { mended: false };
      return await exclusively(signal, async (context) => {
        if (await isRight(signal)) return { mended: false };
        await mend(options, files, context);
        return { mended: true };
      });
    },
    async reread(signal) {
      const ports = await readPorts(options.dir);
      if (ports !== undefined) await rereadInstance(frontOf(options, ports), contextOf(signal));
    },
    async restart(signal) {
      await exclusively(signal, async (context) => {
        const ports = (await readPorts(options.dir)) ?? (await newPorts(options.dir));
        await stopInstance(frontOf(options, ports), context);
        await mend(options, files, context);
      });
    },
    async stop(signal) {
      const ports = await readPorts(options.dir);
      if (ports === undefined) return;
      await exclusively(signal, async (context) => {
        await stopInstance(frontOf(options, ports), context);
        await wildcardsOf(options, ports).stop(context);
      });
    },
    async pid(signal) {
      const ports = await readPorts(options.dir);
      return ports === undefined ? undefined : await pidOf(frontOf(options, ports), contextOf(signal));
    },
  };
}

/** First the process in front: where its port is taken, nothing else is to be left running. */
async function mend(options: NameServerOptions, files: ZoneFiles, context: ProcessContext): Promise<void> {
  await files.sweep();
  const ports = (await readPorts(options.dir)) ?? (await newPorts(options.dir));
  await startFront(frontOf(options, ports), context);
  const wanted = await wantedOf(options, files);
  try {
    await wildcardsOf(options, ports).apply(wanted, context);
  } catch (error) {
    if (!isCiloError(error, NetworkCode.dnsPortTaken)) throw error;
    // Another program came to one of the two ports meanwhile: two others are chosen, which the front is told by its arguments.
    await wildcardsOf(options, ports).stop(context);
    const others = await newPorts(options.dir);
    await wildcardsOf(options, others).apply(wanted, context);
    await startFront(frontOf(options, others), context);
  }
}

async function startFront(front: Instance, context: ProcessContext): Promise<void> {
  if (await answersAs(front, context.signal)) return;
  await stopInstance(front, context);
  try {
    await startInstance(front, context);
    await poll(() => answersAs(front, context.signal), {
      signal: context.signal,
      timeoutMs: 5000,
      intervalMs: 1,
      what: "dnsmasq to answer",
    });
  } catch (error) {
    if (isCiloError(error, "TIMEOUT")) await stopInstance(front, context);
    if (!isCiloError(error, "TIMEOUT", NetworkCode.dnsPortTaken)) throw error;
    const holder = context.platform === "linux" ? await portHolder(front.port) : undefined;
    throw new CiloError(
      NetworkCode.dnsPortTaken,
      `port ${front.port} of 127.0.0.1 is taken by ${holder ?? "another program"}`,
      { cause: error, hint: "Choose another port: cilo init --dns-port N" },
    );
  }
}

/** `filter-AAAA`: addresses are IPv4 alone, and so the question is answered at once instead of being passed on. */
function frontOf(options: NameServerOptions, ports: WildcardPorts): Instance {
  const watched = options.platform === "linux" ? "--hostsdir" : "--addn-hosts";
  const args = [
    `${watched}=${hostsFolder(options.dir)}`,
    "--filter-AAAA",
    "--all-servers",
    // Entries that come by the watched folder do not enlarge the hash table; this sizes it for 20,000 names.
    "--cache-size=20000",
    // Questions passed on come from other ports than those of the wildcards.
    "--min-port=32768",
    `--local=/${CONTROL_DOMAIN}/`,
    ...options.suffixes.map((suffix) => `--host-record=${checkName(suffix)},127.0.0.1`),
    ...options.suffixes.flatMap((suffix) =>
      [ports.a, ports.b].map((port) => `--server=/${suffix.slice(1)}/127.0.0.1#${port}`),
    ),
  ];
  const identity = fingerprint(JSON.stringify([options.dir, options.port, args]));
  return {
    name: "front",
    dir: options.dir,
    port: options.port,
    args: [...args, `--txt-record=${FRONT_NAME},${identity}`],
  };
}

async function answersAs(front: Instance, signal: AbortSignal): Promise<boolean> {
  const answer = await queryText(FRONT_NAME, { port: front.port, signal });
  return answer.kind === "found" && front.args.at(-1) === `--txt-record=${FRONT_NAME},${answer.values[0]}`;
}

function wildcardsOf(options: NameServerOptions, ports: WildcardPorts): WildcardServer {
  return wildcardServer(options.dir, ports);
}

async function wantedOf(options: NameServerOptions, files: ZoneFiles): Promise<WildcardSet> {
  return { suffixes: options.suffixes, wildcards: await files.wildcards() };
}
