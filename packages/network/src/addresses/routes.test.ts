import { expect, test } from "vitest";
import { formatCidr } from "./cidr.ts";
import {
  type HostRoute,
  isContainerBridge,
  parseFibTrie,
  parseNetstat,
  parseProcRoute,
  readHostRoutes,
} from "./routes.ts";

const shown = (routes: readonly HostRoute[]): string[] =>
  routes.map((route) => [formatCidr(route.range), route.device].filter(Boolean).join(" "));

test("reads the networks of /proc/net/route and leaves the default route out", () => {
  const text = [
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
    "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0",
    "docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0",
    "tun0\t0000DF0A\t00000000\t0001\t0\t0\t0\t00C0FFFF\t0\t0\t0",
    "tun0\t00000000\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0",
  ].join("\n");
  expect(shown(parseProcRoute(text))).toEqual(["172.17.0.0/16 docker0", "10.223.0.0/18 tun0"]);
});

test("reads the routes of every table but the local one from /proc/net/fib_trie", () => {
  const text = `Id 52:
  +-- 100.64.0.0/10 2 0 2
     |-- 100.64.0.0
        /10 universe UNICAST
     |-- 10.223.8.0
        /22 link UNICAST
        /21 link BLACKHOLE
Main:
     |-- 0.0.0.0
        /0 universe UNICAST
     |-- 172.17.0.0
        /16 link UNICAST
     |-- 172.17.0.1
        /32 host LOCAL
Local:
     |-- 10.1.0.0
        /24 link UNICAST
`;
  expect(shown(parseFibTrie(text))).toEqual(["100.64.0.0/10", "10.223.8.0/22", "10.223.8.0/21", "172.17.0.0/16"]);
});

test("reads macOS routes, which leave out trailing zeros", () => {
  const text = `Routing tables

Internet:
Destination        Gateway            Flags               Netif Expire
default            192.168.1.1        UGScg                 en0
10.8/16            10.8.0.2           UGSc                utun3
127                127.0.0.1          UCS                   lo0
192.168.1          link#11            UCS                   en0      !
192.168.1.1/32     link#11            UCS                   en0      !
224.0.0/4          link#11            UmCS                  en0      !
`;
  expect(shown(parseNetstat(text))).toEqual(["10.8.0.0/16 utun3", "192.168.1.0/24 en0", "192.168.1.1/32 en0"]);
});

test("knows the bridges of container engines from other interfaces", () => {
  expect(["docker0", "br-0123456789ab", "podman1"].every(isContainerBridge)).toBe(true);
  expect(["tun0", "br-lan", "eth0", "wg0"].some(isContainerBridge)).toBe(false);
});

test("reads this machine's routes", async () => {
  const routes = await readHostRoutes({
    platform: process.platform,
    env: process.env,
    signal: new AbortController().signal,
  });
  expect(routes.every((route) => route.range.prefix > 3)).toBe(true);
});
