import { readdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { createFileExclusive, isErrno, readFileIfThere } from "@cilo/base";
import type { WireGuardKeyPair } from "@cilo/network";
import { type TunnelName, generateWireGuardKeys, isTunnelName, isWireGuardSecret, publicKeyOf } from "@cilo/network";
import * as z from "zod/mini";
import type { CloudSession } from "./session.ts";

/** This device as a peer of a server's machines. Made here; the private key goes nowhere. */
export interface Device {
  readonly keys: WireGuardKeyPair;
  /** The one interface of this server. */
  readonly tunnel: TunnelName;
  /** What the server shows it as. */
  readonly name: string;
}

const DeviceFile = z.object({ privateKey: z.string() });

/** The device's keys and interface for this server, made on first use. Safe for any number of callers at once. */
export async function loadDevice(home: string, session: Pick<CloudSession, "id">): Promise<Device> {
  const path = join(home, "cloud", "servers", session.id, "device.json");
  const { privateKey } = generateWireGuardKeys();
  await createFileExclusive(path, `${JSON.stringify({ privateKey })}\n`, { mode: 0o600 });
  const { privateKey: kept } = DeviceFile.parse(JSON.parse((await readFileIfThere(path)) ?? ""));
  if (!isWireGuardSecret(kept)) throw new Error(`${path} holds no WireGuard key`);
  return {
    keys: { privateKey: kept, publicKey: publicKeyOf(kept) },
    tunnel: await claimTunnel(home, session.id),
    name: deviceName(hostname()),
  };
}

/** `cilo0`, `cilo1`, …: one file per interface with the server's id in it, the lowest free one. */
async function claimTunnel(home: string, serverId: string): Promise<TunnelName> {
  const folder = join(home, "cloud", "tunnels");
  for (const name of await namesIn(folder))
    if (isTunnelName(name) && (await readFileIfThere(join(folder, name))) === serverId) return name;
  for (let number = 0; number < 1000; number += 1) {
    const name: TunnelName = `cilo${number}`;
    if (await createFileExclusive(join(folder, name), serverId)) return name;
    if ((await readFileIfThere(join(folder, name))) === serverId) return name;
  }
  throw new Error("every tunnel name is taken");
}

/** A machine's name as the server takes names: letters, digits and a few signs. */
function deviceName(host: string): string {
  const name = host
    .replaceAll(/[^\p{L}\p{N} ._@+-]/gu, "-")
    .replaceAll(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, "")
    .slice(0, 60)
    .replace(/[^\p{L}\p{N}]+$/u, "");
  return name === "" ? "device" : name;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}
