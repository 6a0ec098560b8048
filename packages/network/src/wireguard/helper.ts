import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { getSystemErrorName } from "node:util";
import { CiloError, isCiloError } from "@cilo/base";
import { NetworkCode } from "../errors.ts";
import {
  type Endpoint,
  type HelperAnswer,
  type HelperRequest,
  MOST_RANGES,
  decodeAnswer,
  encodeRequest,
} from "./helper-protocol.ts";
import type { AskHelper } from "./helper-reach.ts";
import { type HelperStatus, parseHelperStatus } from "./helper-status.ts";
import { ipTool } from "./ip-tool.ts";
import { isWireGuardKey, publicKeyOf } from "./keys.ts";
import { canonicalRanges, refuseTakenAddresses } from "./peer-addresses.ts";
import { type ToolsContext, systemTools } from "./system-tools.ts";
import { KEEPALIVE_SECONDS, TUNNEL_MTU, type Tunnel, type TunnelName, isTunnelName } from "./tunnel.ts";

export interface HelperContext extends ToolsContext {
  readonly ask: AskHelper;
}

/**
 * The tunnel through the privileged helper, for ordinary users. It changes; what anybody may read (addresses, routes)
 * is read from the system. `list` tells the interfaces that this user made.
 */
export function createHelperTunnel(context: HelperContext): Tunnel {
  const ip = ipTool(systemTools(context));
  const ask = (request: HelperRequest, signal: AbortSignal): Promise<HelperAnswer> =>
    askHelper(context.ask, request, signal);

  const change = async (
    verb: "address" | "route",
    name: TunnelName,
    to: { readonly present: readonly string[]; readonly wanted: readonly string[] },
    signal: AbortSignal,
  ): Promise<void> => {
    const added = to.wanted.filter((range) => !to.present.includes(range));
    const removed = to.present.filter((range) => !to.wanted.includes(range));
    for (const range of added) await tolerate(ask({ verb, name, ranges: [range] }, signal), "EEXIST");
    for (const range of removed)
      await tolerate(ask({ verb, name, ranges: [range], remove: true }, signal), "ESRCH", "EADDRNOTAVAIL");
  };

  const show = async (
    name: TunnelName,
    signal: AbortSignal,
  ): Promise<(HelperStatus & { publicKey: string }) | undefined> => {
    try {
      const { publicKey, body } = await ask({ verb: "status", name }, signal);
      return { publicKey, ...parseHelperStatus(body) };
    } catch (error) {
      if (!isCiloError(error, NetworkCode.tunnelMissing)) throw error;
      return undefined;
    }
  };

  return {
    async up({ name, privateKey, listenPort, addresses, mtu = TUNNEL_MTU }, signal) {
      // A port set again, even to the same, would close the socket for a moment.
      const isPortRight = listenPort === undefined || (await show(name, signal))?.listenPort === listenPort;
      const port = isPortRight ? {} : { listenPort };
      await ask({ verb: "create", name, privateKey, publicKey: publicKeyOf(privateKey), mtu, ...port }, signal);
      const { addresses: present } = await ip.link(name, signal);
      await change("address", name, { present, wanted: addresses }, signal);
    },
    async setPeer(name, peer, signal) {
      const present = await show(name, signal);
      if (present === undefined) throw new CiloError(NetworkCode.tunnelMissing, `there is no interface ${name}`);
      refuseTakenAddresses(name, peer, present.peers);
      const { publicKey, presharedKey, allowedIps: ranges, keepalive = KEEPALIVE_SECONDS } = peer;
      const secret = presharedKey === undefined ? {} : { presharedKey };
      const endpoint = peer.endpoint === undefined ? {} : { endpoint: await resolveEndpoint(peer.endpoint) };
      await ask({ verb: "setPeer", name, publicKey, keepalive, ranges, ...secret, ...endpoint }, signal);
    },
    async removePeer(name, publicKey, signal) {
      const known = (await show(name, signal))?.peers.some((peer) => peer.publicKey === publicKey);
      if (known === true) await ask({ verb: "removePeer", name, publicKey }, signal);
    },
    async setRoutes(name, ranges, signal) {
      const wanted = canonicalRanges(ranges);
      await change("route", name, { present: await ip.routes(name, signal), wanted }, signal);
      const now = await ip.routes(name, signal);
      const taken = wanted.find((range) => !now.includes(range));
      if (taken !== undefined) throw await ip.routeTaken(taken, signal);
    },
    async status(name, signal) {
      const present = await show(name, signal);
      if (present === undefined) return undefined;
      const [{ addresses }, routes] = await Promise.all([ip.link(name, signal), ip.routes(name, signal)]);
      const publicKey = isWireGuardKey(present.publicKey) ? present.publicKey : undefined;
      return { name, ...present, publicKey, addresses, routes };
    },
    async list(signal) {
      const { body } = await ask({ verb: "list" }, signal);
      const names = body
        .toString()
        .split("\n")
        .map((line) => line.replace("interface=", "cilo"));
      return names.filter(isTunnelName).sort();
    },
    async down(name, signal) {
      try {
        await ask({ verb: "destroy", name }, signal);
      } catch (error) {
        if (!isCiloError(error, NetworkCode.tunnelMissing)) throw error;
      }
    },
  };
}

async function askHelper(ask: AskHelper, request: HelperRequest, signal: AbortSignal): Promise<HelperAnswer> {
  if ((request.ranges?.length ?? 0) > MOST_RANGES)
    throw new CiloError(NetworkCode.tunnelRefused, `a peer of a tunnel may have ${MOST_RANGES} ranges at most`);
  const bytes = encodeRequest(request);
  try {
    const answer = decodeAnswer(await ask(bytes, signal));
    if (answer === undefined) throw noAnswer();
    if (answer.isDenied) throw denied(request);
    if (answer.errno !== undefined) throw failed(request, getSystemErrorName(-answer.errno));
    return answer;
  } finally {
    bytes.fill(0);
  }
}

function noAnswer(): CiloError {
  return new CiloError(NetworkCode.tunnelUnavailable, "the helper gives no answer that this version understands", {
    hint: "Install it anew: sudo cilo init; its own reason is in the system's log (journalctl -t cilo-helper)",
  });
}

function denied({ name }: HelperRequest): CiloError {
  return new CiloError(NetworkCode.tunnelRefused, `the helper refuses this for ${name ?? "this user"}`, {
    hint: "It allows 8 interfaces of your own, 64 peers of each, and addresses in the pools of /etc/cilo/helper.conf",
  });
}

/** The kernel's refusal of what the helper allowed; its name is the cause. */
function failed({ verb, name }: HelperRequest, errno: string): CiloError {
  const cause = new Error(errno);
  if (errno === "ENODEV") return new CiloError(NetworkCode.tunnelMissing, `there is no interface ${name}`, { cause });
  const hint =
    verb === "create" && errno === "EOPNOTSUPP"
      ? { hint: "Install wireguard-go, then: sudo cilo init" }
      : { hint: "cilo doctor" };
  return new CiloError(NetworkCode.tunnelUnavailable, `${name}: the system refused ${verb} (${errno})`, {
    cause,
    ...hint,
  });
}

/** What is so already is no failure. */
async function tolerate(step: Promise<unknown>, ...names: readonly string[]): Promise<void> {
  try {
    await step;
  } catch (error) {
    const errno = error instanceof CiloError && error.cause instanceof Error ? error.cause.message : "";
    if (!names.includes(errno)) throw error;
  }
}

async function resolveEndpoint(text: string): Promise<Endpoint> {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/u.exec(text);
  const host = match?.[1] ?? match?.[2] ?? "";
  if (match === null) throw new Error(`not an endpoint: ${text}`);
  return { address: isIP(host) === 0 ? (await lookup(host)).address : host, port: Number(match[3]) };
}
