import { CiloError, isCiloError, poll } from "@cilo/base";
import { NetworkCode } from "../errors.ts";
import type { NameServer } from "./name-server.ts";
import { type Answer, queryAddresses } from "./query.ts";
import type { ZoneRecord } from "./zone.ts";

/** What {@link confirm} works with. */
export interface ConfirmContext {
  readonly server: NameServer;
  readonly platform: NodeJS.Platform;
}

/** How long dnsmasq has to notice a change in its folder before it is told. Measured: 1.5 ms, at most 45. */
const NOTICE_MS = 300;

/**
 * Returns when the process in front answers so (no addresses: does not know the name), and mends what is in the way:
 * starts it when it does not answer, has it read again when it missed the change, starts it anew when that was no use.
 * A process that is not there knows no names, which is as good as having forgotten one.
 */
export async function confirm(context: ConfirmContext, wanted: ZoneRecord, signal: AbortSignal): Promise<void> {
  const { server } = context;
  const isDone = (answer: Answer<string>): boolean => matches(answer, wanted);
  if (context.platform !== "linux") await server.reread(signal);
  const first = await settle(server, wanted, { signal, timeoutMs: NOTICE_MS });
  if (isDone(first) || (first.kind === "refused" && wanted.addresses.length === 0)) return;
  if (wanted.addresses.length === 0 && !(await isOurs(server, signal))) return;
  await server.ensure(signal);
  if (isDone(await settle(server, wanted, { signal, timeoutMs: NOTICE_MS }))) return;
  await server.reread(signal);
  if (isDone(await settle(server, wanted, { signal, timeoutMs: 2000 }))) return;
  await server.restart(signal);
  if (isDone(await settle(server, wanted, { signal, timeoutMs: 2000 }))) return;
  throw new CiloError(
    NetworkCode.dnsFailed,
    `dnsmasq on port ${server.port} does not take up the names in its folder`,
    {
      hint: "cilo doctor --fix",
    },
  );
}

async function isOurs(server: NameServer, signal: AbortSignal): Promise<boolean> {
  return (await server.pid(signal)) !== undefined;
}

/** Asks until the answer is as wanted, nothing listens, or the time is over; answers the last answer. */
async function settle(
  server: NameServer,
  wanted: ZoneRecord,
  options: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<Answer<string>> {
  let last: Answer<string> = { kind: "silent" };
  const probe = async (): Promise<boolean> => {
    last = await queryAddresses(wanted.name, { port: server.port, signal: options.signal });
    return matches(last, wanted) || last.kind === "refused" || last.kind === "silent";
  };
  try {
    await poll(probe, { ...options, intervalMs: 1, what: "dnsmasq to take up a change" });
  } catch (error) {
    if (!isCiloError(error, "TIMEOUT")) throw error;
  }
  return last;
}

function matches(answer: Answer<string>, wanted: ZoneRecord): boolean {
  if (answer.kind !== "found") return answer.kind === "none" && wanted.addresses.length === 0;
  return [...answer.values].sort().join(" ") === [...wanted.addresses].sort().join(" ");
}

/**
 * Any name under the apex answers by the wildcard; the one asked for here is nobody's. While a change is being made
 * two processes answer, the old one and the new: so after a change only {@link NameServer.ensure} can tell.
 */
export async function confirmWildcard(
  context: ConfirmContext,
  wildcard: ZoneRecord & { readonly isChanged: boolean },
  signal: AbortSignal,
): Promise<void> {
  const { server } = context;
  const probe = { name: `cilo-probe.${wildcard.name}`, addresses: wildcard.addresses };
  if (!wildcard.isChanged && matches(await queryAddresses(probe.name, { port: server.port, signal }), probe)) return;
  if (wildcard.addresses.length === 0 && !(await isOurs(server, signal))) return;
  // Whoever comes first after some changes makes them all; the others find them made.
  await server.ensure(signal);
  if (matches(await settle(server, probe, { signal, timeoutMs: 2000 }), probe)) return;
  throw new CiloError(NetworkCode.dnsFailed, `the wildcard *.${wildcard.name} does not answer`, {
    hint: "cilo doctor --fix",
  });
}
