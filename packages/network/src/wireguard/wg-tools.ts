import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CiloError, isCiloError, poll } from "@cilo/base";
import { NetworkCode } from "../errors.ts";
import { ipTool } from "./ip-tool.ts";
import { type WireGuardSecret, publicKeyOf } from "./keys.ts";
import { refuseTakenAddresses } from "./peer-addresses.ts";
import { type SystemTool, type ToolsContext, saysOf, systemTools } from "./system-tools.ts";
import {
  KEEPALIVE_SECONDS,
  TUNNEL_MTU,
  type Tunnel,
  type TunnelConfig,
  type TunnelName,
  type TunnelPeer,
  isTunnelName,
} from "./tunnel.ts";
import { type WgInterface, parseWgDump } from "./wg-show.ts";

/**
 * The tunnel through the system's tools: `ip`, `wg`, and `wireguard-go` where the kernel has no WireGuard. For root,
 * so for the daemons, and for the command under sudo.
 */
export function createWgTools(context: ToolsContext): Tunnel {
  const tool = systemTools(context);
  const ip = ipTool(tool);
  return {
    async up(config, signal) {
      if ((await show(tool, config.name, signal)) === undefined) await create(tool, config.name, signal);
      await configure(tool, config, signal);
      await ip.setAddresses(config.name, config.addresses, signal);
      await ip.setUp(config.name, config.mtu ?? TUNNEL_MTU, signal);
    },
    async setPeer(name, peer, signal) {
      const present = await show(tool, name, signal);
      if (present === undefined) throw new CiloError(NetworkCode.tunnelMissing, `there is no interface ${name}`);
      refuseTakenAddresses(name, peer, present.peers);
      await using psk = await secretFile(peer.presharedKey);
      await tool(["wg", "set", name, ...peerArguments(peer, psk.path)], { signal });
    },
    async removePeer(name, publicKey, signal) {
      const present = await show(tool, name, signal);
      if (present?.peers.some((peer) => peer.publicKey === publicKey) === true)
        await tool(["wg", "set", name, "peer", publicKey, "remove"], { signal });
    },
    setRoutes: (name, ranges, signal) => ip.setRoutes(name, ranges, signal),
    async status(name, signal) {
      const present = await show(tool, name, signal);
      if (present === undefined) return undefined;
      const [{ addresses }, routes] = await Promise.all([ip.link(name, signal), ip.routes(name, signal)]);
      return { name, ...present, addresses, routes };
    },
    list: (signal) => listNames(tool, signal),
    async down(name, signal) {
      try {
        await ip.removeLink(name, signal);
      } catch (error) {
        if (!isCiloError(error, NetworkCode.tunnelMissing)) throw error;
      }
      // A `wireguard-go` ends by itself, a moment after its interface.
      const isGone = async (): Promise<boolean> => !(await listNames(tool, signal)).includes(name);
      await poll(isGone, { signal, timeoutMs: 10_000, what: `${name} to be gone` });
    },
  };
}

async function listNames(tool: SystemTool, signal: AbortSignal): Promise<TunnelName[]> {
  const { stdout } = await tool(["wg", "show", "interfaces"], { signal });
  return stdout.split(/\s+/u).filter(isTunnelName).sort();
}

/** `undefined` when there is no such interface, or it is none of WireGuard. */
async function show(tool: SystemTool, name: TunnelName, signal: AbortSignal): Promise<WgInterface | undefined> {
  try {
    return parseWgDump((await tool(["wg", "show", name, "dump"], { signal })).stdout);
  } catch (error) {
    // "not supported" is how a kernel without WireGuard says that it knows none; the others, a daemon that is ending.
    const isMissing =
      isCiloError(error, NetworkCode.tunnelMissing) ||
      saysOf(error, /not supported|Protocol error|Connection (?:refused|reset)/u);
    if (!isMissing) throw error;
    return undefined;
  }
}

/** Makes the interface, or finds one that somebody else makes at this moment. What is being removed is waited for. */
async function create(tool: SystemTool, name: TunnelName, signal: AbortSignal): Promise<void> {
  let failure: CiloError | undefined;
  const isThere = async (): Promise<boolean> => {
    failure = await tryToCreate(tool, name, signal);
    return failure === undefined || (await show(tool, name, signal)) !== undefined;
  };
  try {
    await poll(isThere, { signal, timeoutMs: 2000, intervalMs: 20, what: `${name} to come up` });
  } catch (error) {
    if (!isCiloError(error, "TIMEOUT")) throw error;
    throw new CiloError(NetworkCode.tunnelUnavailable, `${name} could not be made: ${failure?.message}`, {
      cause: failure,
      hint: "Look for /dev/net/tun, which wireguard-go needs, and for another interface of that name",
    });
  }
}

async function tryToCreate(tool: SystemTool, name: TunnelName, signal: AbortSignal): Promise<CiloError | undefined> {
  try {
    await tool(["ip", "link", "add", "dev", name, "type", "wireguard"], { signal });
  } catch (error) {
    if (!saysOf(error, /Unknown device type|not supported|File exists/u)) throw error;
    return saysOf(error, /File exists/u) ? error : await tryUserspace(tool, name, signal);
  }
  return undefined;
}

async function tryUserspace(tool: SystemTool, name: TunnelName, signal: AbortSignal): Promise<CiloError | undefined> {
  try {
    // Silent, or the daemon would keep our pipes open and `run` would wait for its end.
    await tool(["wireguard-go", name], { signal, variables: { LOG_LEVEL: "silent" } });
  } catch (error) {
    if (!isCiloError(error, "COMMAND_FAILED")) throw error;
    return error;
  }
  return undefined;
}

/** Sets what is different: a port set again, even to the same, closes the socket for a moment. */
async function configure(tool: SystemTool, config: TunnelConfig, signal: AbortSignal): Promise<void> {
  const { name, privateKey, listenPort } = config;
  const present = await show(tool, name, signal);
  const portArguments =
    listenPort === undefined || listenPort === present?.listenPort ? [] : ["listen-port", String(listenPort)];
  const isKeyRight = present?.publicKey === publicKeyOf(privateKey);
  await using key = await secretFile(isKeyRight ? undefined : privateKey);
  const argv = [...portArguments, ...(isKeyRight ? [] : ["private-key", key.path])];
  if (argv.length > 0) await tool(["wg", "set", name, ...argv], { signal });
}

function peerArguments(peer: TunnelPeer, presharedKeyFile: string): string[] {
  const endpoint = peer.endpoint === undefined ? [] : ["endpoint", peer.endpoint];
  const keepalive = String(peer.keepalive ?? KEEPALIVE_SECONDS);
  const peerAndKey = ["peer", peer.publicKey, "preshared-key", presharedKeyFile];
  return [...peerAndKey, ...endpoint, "persistent-keepalive", keepalive, "allowed-ips", peer.allowedIps.join(",")];
}

/**
 * A file with the key that `wg` reads, in memory where the system has such a folder, removed with the scope. (Not its
 * standard input: Node's is a socket, which cannot be opened by path.) Without a key it is empty, which means "none".
 */
async function secretFile(key: WireGuardSecret | undefined): Promise<AsyncDisposable & { readonly path: string }> {
  if (key === undefined) return { path: "/dev/null", [Symbol.asyncDispose]: async () => {} };
  const folder = await mkdtemp(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "cilo-key-"));
  const path = join(folder, "key");
  await writeFile(path, `${key}\n`, { mode: 0o600 });
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}
