import { createHash } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { isErrno, readFileIfThere, writeFileAtomic } from "@cilo/base";
import * as z from "zod/mini";

/** The two loopback ports on which processes with wildcards take turns: `dns/wildcard-ports.json`. */
export interface WildcardPorts {
  readonly a: number;
  readonly b: number;
}

const Port = z.int().check(z.gte(1), z.lte(65_535));
const Ports = z.object({ a: Port, b: Port });

/** The ports in use, or `undefined` before there were any. */
export async function readPorts(dir: string): Promise<WildcardPorts | undefined> {
  const text = await readFileIfThere(join(dir, "wildcard-ports.json"));
  const parsed = Ports.safeParse(parseJson(text ?? ""));
  return parsed.success ? parsed.data : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Chooses two ports and remembers them. */
export async function newPorts(dir: string): Promise<WildcardPorts> {
  const ports = await chooseWildcardPorts(dir);
  await writeFileAtomic(join(dir, "wildcard-ports.json"), JSON.stringify(ports), { sync: false });
  return ports;
}

/**
 * Two free ports on loopback, below the range that systems hand out by themselves, so that the unused one stays free,
 * and at a place of the folder's own, so that two homes do not choose the same.
 */
export async function chooseWildcardPorts(dir: string): Promise<WildcardPorts> {
  const spread = createHash("sha256").update(dir).digest().readUInt32BE(0);
  const free: number[] = [];
  for (let port = 12_000 + (spread % 9_000) * 2; free.length < 2; port += 1) if (await isFree(port)) free.push(port);
  const [a = 0, b = 0] = free;
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
