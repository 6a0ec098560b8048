import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { CiloError, isCiloError, lock, poll, readFileIfThere, writeFileAtomic } from "@cilo/base";
import * as z from "zod/mini";
import { NetworkCode } from "../errors.ts";
import { startInstance, stopInstance } from "./dnsmasq.ts";
import type { Instance, ProcessContext } from "./instance.ts";
import { portHolder } from "./port-holder.ts";
import { queryText } from "./query.ts";
import { FORWARDER_ADDRESS } from "./resolvers/resolv-conf.ts";
import { CONTROL_DOMAIN } from "./zone.ts";

/** What the forwarder on port 53 does, kept in `dns/forwarder.json` while `cilo init` has one in use. */
const Forwarder = z.object({
  port: z.int(),
  dnsPort: z.int(),
  suffixes: z.array(z.string()),
  /** Asked for all other names, the first that answers; in the order in which the user had them. */
  upstream: z.array(z.string()),
});
export type Forwarder = z.infer<typeof Forwarder>;

const FORWARDER_NAME = `forwarder.${CONTROL_DOMAIN}`;

async function readForwarder(dir: string): Promise<Forwarder | undefined> {
  const text = await readFileIfThere(join(dir, "forwarder.json"));
  return text === undefined ? undefined : Forwarder.parse(JSON.parse(text));
}

/**
 * Returns when the forwarder runs with these settings, and remembers them.
 * @throws CiloError `NEEDS_ROOT`, `DNS_PORT_TAKEN`, `DNSMASQ_MISSING`
 */
export async function startForwarder(dir: string, settings: Forwarder, context: ProcessContext): Promise<void> {
  await writeFileAtomic(join(dir, "forwarder.json"), `${JSON.stringify(settings)}\n`);
  await ensureForwarder(dir, context);
}

/** True when no forwarder is in use, or it answers as it was set up. */
export async function isForwarderRight(dir: string, signal: AbortSignal): Promise<boolean> {
  const settings = await readForwarder(dir);
  return settings === undefined || (await answersAs(instanceOf(dir, settings), signal));
}

/** Starts the forwarder when one is in use and it does not answer as it was set up. */
export async function ensureForwarder(dir: string, context: ProcessContext): Promise<void> {
  if (await isForwarderRight(dir, context.signal)) return;
  await using _held = await lock(join(dir, "lock"), { signal: context.signal });
  const settings = await readForwarder(dir);
  if (settings === undefined || (await isForwarderRight(dir, context.signal))) return;
  const instance = instanceOf(dir, settings);
  await stopInstance(instance, context);
  try {
    await startInstance(instance, context);
    await poll(() => answersAs(instance, context.signal), {
      signal: context.signal,
      timeoutMs: 5000,
      intervalMs: 1,
      what: `dnsmasq to answer on port ${instance.port}`,
    });
  } catch (error) {
    if (isCiloError(error, NetworkCode.dnsPortTaken)) throw await portTaken(settings, error);
    if (!isCiloError(error, NetworkCode.needsRoot)) throw error;
    throw new CiloError(
      error.code,
      `nothing answers on port ${settings.port}, where cilo init put a forwarder of ours`,
      {
        cause: error,
        hint: "sudo cilo init",
      },
    );
  }
}

export async function stopForwarder(dir: string, context: ProcessContext): Promise<void> {
  const settings = await readForwarder(dir);
  if (settings === undefined) return;
  await stopInstance(instanceOf(dir, settings), context);
  await rm(join(dir, "forwarder.json"), { force: true });
}

/** Nothing is kept (`cache-size=0`) and nothing altered: for other names it is as if the user's servers were asked directly. */
function instanceOf(dir: string, settings: Forwarder): Instance {
  const ours = settings.suffixes.map((suffix) => `--server=/${suffix.slice(1)}/127.0.0.1#${settings.dnsPort}`);
  const args = [
    "--cache-size=0",
    "--strict-order",
    // All of the machine's questions under way to servers that may be slow.
    "--dns-forward-max=1000",
    "--proxy-dnssec",
    `--local=/${CONTROL_DOMAIN}/`,
    ...ours,
    ...settings.upstream.map((server) => `--server=${server}`),
  ];
  const identity = createHash("sha256")
    .update(JSON.stringify([dir, settings.port, args]))
    .digest("hex")
    .slice(0, 16);
  const record = `--txt-record=${FORWARDER_NAME},${identity}`;
  return { name: "forwarder", dir, address: FORWARDER_ADDRESS, port: settings.port, args: [...args, record] };
}

async function answersAs(instance: Instance, signal: AbortSignal): Promise<boolean> {
  const answer = await queryText(FORWARDER_NAME, { address: FORWARDER_ADDRESS, port: instance.port, signal });
  return answer.kind === "found" && instance.args.at(-1) === `--txt-record=${FORWARDER_NAME},${answer.values[0]}`;
}

async function portTaken(settings: Forwarder, cause: CiloError): Promise<CiloError> {
  const holder = (await portHolder(settings.port)) ?? "another program";
  const rules = settings.suffixes.map((suffix) => `server=/${suffix.slice(1)}/127.0.0.1#${settings.dnsPort}`).join(" ");
  return new CiloError(
    NetworkCode.dnsPortTaken,
    `port ${settings.port} of ${FORWARDER_ADDRESS} is taken by ${holder}`,
    {
      cause,
      hint: `Have it ask Cilo for these names, in dnsmasq's words: ${rules}`,
    },
  );
}
