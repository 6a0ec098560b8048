import { readFileIfThere, run } from "@cilo/base";
import { type Cidr, formatAddress, formatCidr, networkOf, parseAddress } from "./cidr.ts";

/** A route of this machine, e.g. a VPN's. */
export interface HostRoute {
  readonly range: Cidr;
  /** Interface it leads to, where known. */
  readonly device?: string;
}

/**
 * Routes this wide are ways to the internet (the default route, and the halves a VPN puts over it), not networks:
 * avoiding them would leave nothing.
 */
const WIDEST_NETWORK_PREFIX = 7;

/** The IPv4 networks this machine has a route to, in every routing table; default routes and single addresses left out. */
export async function readHostRoutes(options: {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}): Promise<HostRoute[]> {
  if (options.platform === "linux") return await readLinuxRoutes();
  const answer = await run("/usr/sbin/netstat", ["-rn", "-f", "inet"], { signal: options.signal, env: options.env });
  return parseNetstat(answer.stdout);
}

async function readLinuxRoutes(): Promise<HostRoute[]> {
  const [table, tries] = await Promise.all([
    readFileIfThere("/proc/net/route"),
    // Other tables than `main` (Tailscale's, WireGuard's) are only here, without the interface.
    readFileIfThere("/proc/net/fib_trie"),
  ]);
  return distinct([...parseProcRoute(table ?? ""), ...parseFibTrie(tries ?? "")]);
}

/** Lines of /proc/net/route: interface, then destination and mask as little-endian hex. */
export function parseProcRoute(text: string): HostRoute[] {
  const routes = text.split("\n").map((line): HostRoute | undefined => {
    const [device, destination, , , , , , mask] = line.trim().split(/\s+/u);
    if (device === undefined || destination === undefined || mask === undefined) return undefined;
    if (!/^[0-9A-F]{8}$/iu.test(destination) || !/^[0-9A-F]{8}$/iu.test(mask)) return undefined;
    const prefix = swapped(mask).toString(2).replaceAll("0", "").length;
    return { range: networkOf(swapped(destination), prefix), device };
  });
  return networksOnly(routes);
}

function swapped(hex: string): number {
  return Buffer.from(hex, "hex").readUInt32LE(0);
}

/** Leaves of /proc/net/fib_trie: `|-- address`, then one line `/prefix scope TYPE` for each route. The local table is left out. */
export function parseFibTrie(text: string): HostRoute[] {
  const routes: (HostRoute | undefined)[] = [];
  let isLocal = false;
  let address: number | undefined;
  for (const line of text.split("\n")) {
    if (/^\S/u.test(line)) isLocal = line.startsWith("Local");
    address = parseAddress(/^\s+\|-- (\S+)/u.exec(line)?.[1] ?? "") ?? address;
    const route = /^\s+\/(\d+) \S+ (UNICAST|BLACKHOLE|UNREACHABLE|PROHIBIT)/u.exec(line);
    if (route !== null && address !== undefined && !isLocal)
      routes.push({ range: networkOf(address, Number(route[1])) });
  }
  return networksOnly(routes);
}

/** Lines of macOS `netstat -rn -f inet`, where trailing zero parts and classful masks are left out: `10.8/16`, `192.168.1`. */
export function parseNetstat(text: string): HostRoute[] {
  const routes = text.split("\n").map((line): HostRoute | undefined => {
    const [destination, , , device] = line.trim().split(/\s+/u);
    const match = /^(\d{1,3}(?:\.\d{1,3}){0,3})(?:\/(\d{1,2}))?$/u.exec(destination ?? "");
    if (match === null || device === undefined) return undefined;
    const parts = (match[1] ?? "").split(".");
    const address = parseAddress([...parts, "0", "0", "0"].slice(0, 4).join("."));
    const prefix = Number(match[2] ?? parts.length * 8);
    return address === undefined || prefix > 32 ? undefined : { range: networkOf(address, prefix), device };
  });
  return networksOnly(routes);
}

function networksOnly(routes: readonly (HostRoute | undefined)[]): HostRoute[] {
  return routes
    .filter((route) => route !== undefined)
    .filter(
      (route) => route.range.prefix > WIDEST_NETWORK_PREFIX && !formatAddress(route.range.start).startsWith("127."),
    );
}

function distinct(routes: readonly HostRoute[]): HostRoute[] {
  const byRange = new Map<string, HostRoute>();
  for (const route of routes) {
    const key = formatCidr(route.range);
    if (!byRange.has(key)) byRange.set(key, route);
  }
  return [...byRange.values()];
}

/** True for the bridges container engines make: their routes are the environments themselves, not something to avoid. */
export function isContainerBridge(device: string): boolean {
  return /^(?:br-[0-9a-f]{12}|docker\d*|podman\d+|cni-podman\d+|docker_gwbridge)$/u.test(device);
}
