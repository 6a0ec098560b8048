import { type CiloError, isCiloError, systemClock } from "@cilo/base";
import { findRouteClashes } from "@cilo/network";
import type { CiloContext } from "../context.ts";
import { homeRoot } from "../home-root.ts";
import { loadDevice } from "./device.ts";
import { listCloudRecords } from "./record.ts";
import { type CloudSession, type ServerFlag, openSession } from "./session.ts";
import { openTunnel } from "./tunnel.ts";

export interface NetworkCheck {
  readonly check: string;
  readonly status: "ok" | "warn" | "fail";
  readonly message: string;
  readonly hint?: string;
}

/** A handshake is made anew every two minutes while there is traffic; later than this it has stopped. */
const HANDSHAKE_MS = 180_000;

/** What of the way to the machines works, in the order in which one needs the other. */
export async function checkNetwork(context: CiloContext, flags: ServerFlag): Promise<NetworkCheck[]> {
  const session = await openSession(context, flags);
  return [await checkServer(context, session), ...(await checkTunnel(context, session)), await checkNames(context)];
}

async function checkServer(context: CiloContext, session: CloudSession): Promise<NetworkCheck> {
  const started = performance.now();
  try {
    await session.client.serverHealth({ signal: AbortSignal.any([context.signal, AbortSignal.timeout(10_000)]) });
    return {
      check: "server",
      status: "ok",
      message: `${session.url} answers in ${Math.round(performance.now() - started)} ms`,
    };
  } catch (error) {
    context.signal.throwIfAborted();
    const message = error instanceof Error ? error.message : String(error);
    return { check: "server", status: "fail", message, hint: "Names and tunnels that are there go on without it" };
  }
}

async function checkTunnel(context: CiloContext, session: CloudSession): Promise<NetworkCheck[]> {
  const home = homeRoot(context);
  const { env, platform, signal } = context;
  const records = (await listCloudRecords(home)).filter(({ server }) => server === session.url);
  const connections = records.flatMap(({ environment, connection }) =>
    connection === undefined ? [] : [{ environment, connection }],
  );
  if (connections.length === 0)
    return [{ check: "tunnel", status: "ok", message: "no environment of this server is connected here" }];
  const device = await loadDevice(home, session);
  try {
    const status = await (await openTunnel(context)).status(device.tunnel, signal);
    if (status === undefined)
      return [
        {
          check: "tunnel",
          status: "fail",
          message: `there is no interface ${device.tunnel}`,
          hint: reconnect(connections),
        },
      ];
    const ranges = connections.flatMap(({ connection }) => connection.routes);
    const clashes = await findRouteClashes(ranges, { device: device.tunnel, env, platform, signal });
    return [
      ...connections.map(({ environment, connection }) => udpCheck(environment, connection, status.peers)),
      clashes[0] === undefined
        ? { check: "routes", status: "ok", message: `${ranges.length} led through ${device.tunnel}` }
        : {
            check: "routes",
            status: "fail",
            message: `${clashes[0].wanted} is also led through ${clashes[0].device ?? "another interface"}`,
            hint: "Disconnect that VPN",
          },
    ];
  } catch (error) {
    if (!isCiloError(error)) throw error;
    return [{ check: "tunnel", status: "fail", message: error.message, ...hintOf(error) }];
  }
}

function udpCheck(
  environment: string,
  connection: { readonly machineKey: string; readonly machineEndpoint: string },
  peers: readonly { readonly publicKey: string; readonly lastHandshake: Date | undefined }[],
): NetworkCheck {
  const peer = peers.find(({ publicKey }) => publicKey === connection.machineKey);
  const at = peer?.lastHandshake?.getTime();
  if (at !== undefined && systemClock.now() - at < HANDSHAKE_MS)
    return { check: "udp", status: "ok", message: `${environment}: ${connection.machineEndpoint} answers` };
  return {
    check: "udp",
    status: "fail",
    message: `${environment}: nothing comes back from ${connection.machineEndpoint} over UDP`,
    hint: "A firewall may block it; try another network",
  };
}

async function checkNames(context: CiloContext): Promise<NetworkCheck> {
  const { system } = await context.wiring();
  const { running, answersDirectly, environments } = await (await system()).dnsStatus(context.signal);
  if (environments === 0) return { check: "dns", status: "ok", message: "no name is published here" };
  return running && answersDirectly
    ? { check: "dns", status: "ok", message: `the names of ${environments} environments are served here` }
    : { check: "dns", status: "fail", message: "the name server does not answer", hint: "cilo doctor --fix" };
}

function reconnect(connections: readonly { readonly environment: string }[]): string {
  return `cilo cloud connect ${connections[0]?.environment ?? ""}`;
}

function hintOf({ hint }: CiloError): { readonly hint?: string } {
  return hint === undefined ? {} : { hint };
}
