import { expect, test } from "vitest";
import { tunnelConformance } from "./conformance.ts";
import { type WireGuardKeyPair, generatePresharedKey, generateWireGuardKeys } from "./keys.ts";
import { type TestHost, connectHosts, testHost, untilReachable } from "./testing-host.ts";
import type { Tunnel, TunnelName } from "./tunnel.ts";
import { createWgTools } from "./wg-tools.ts";

const signal = AbortSignal.timeout(170_000);
const NAME: TunnelName = "cilo0";
const env = { PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` };

tunnelConformance("the system's WireGuard", {
  create: async () => createWgTools({ env, run: (await testHost()).run }),
});

interface End {
  readonly host: TestHost;
  readonly tunnel: Tunnel;
  readonly keys: WireGuardKeyPair;
}

async function end(address: string): Promise<End> {
  const host = await testHost();
  const tunnel = createWgTools({ env, run: host.run });
  const keys = generateWireGuardKeys();
  await tunnel.up({ name: NAME, privateKey: keys.privateKey, listenPort: 51_820, addresses: [address] }, signal);
  return { host, tunnel, keys };
}

/** A laptop and a machine with a tunnel between them. */
async function connected(): Promise<{ laptop: End; machine: End; join: () => Promise<void> }> {
  const [laptop, machine] = [await end("10.225.0.7/32"), await end("10.225.1.1/32")];
  await connectHosts(laptop.host, machine.host, signal);
  const presharedKey = generatePresharedKey();
  const join = async (): Promise<void> => {
    const [toMachine, toLaptop] = ["10.225.1.1/32", "10.225.0.7/32"];
    const endpoint = "192.0.2.2:51820";
    // The laptop calls at once when it has its peer, and next after five seconds: so the machine knows it first.
    const caller = { publicKey: laptop.keys.publicKey, presharedKey, allowedIps: [toLaptop] };
    await machine.tunnel.setPeer(NAME, caller, signal);
    await machine.tunnel.setRoutes(NAME, [toLaptop], signal);
    const { publicKey } = machine.keys;
    await laptop.tunnel.setPeer(NAME, { publicKey, presharedKey, endpoint, allowedIps: [toMachine] }, signal);
    await laptop.tunnel.setRoutes(NAME, [toMachine], signal);
  };
  await join();
  return { laptop, machine, join };
}

test("packets go through, at both ends the handshake and the bytes are told", async () => {
  const { laptop, machine } = await connected();
  await untilReachable(laptop.host, "10.225.1.1", signal);
  for (const { tunnel } of [laptop, machine]) {
    const [peer] = (await tunnel.status(NAME, signal))?.peers ?? [];
    expect(Date.now() - (peer?.lastHandshake?.getTime() ?? 0)).toBeLessThan(120_000);
    expect(peer?.receivedBytes).toBeGreaterThan(0);
    expect(peer?.sentBytes).toBeGreaterThan(0);
  }
});

test("no packet of one peer is lost while others come and go, and everything is set again", async () => {
  const { laptop, machine, join } = await connected();
  await untilReachable(laptop.host, "10.225.1.1", signal);
  const pings = laptop.host.run("ping", ["-i0.01", "-c300", "-W2", "10.225.1.1"], { signal, env });
  for (let other = 1; other <= 20; other += 1) {
    const { publicKey } = generateWireGuardKeys();
    await machine.tunnel.setPeer(NAME, { publicKey, allowedIps: [`10.225.2.${other}/32`] }, signal);
    if (other % 2 === 0) await machine.tunnel.removePeer(NAME, publicKey, signal);
    if (other % 10 === 0) await join();
  }
  expect((await pings).stdout).toContain(" 300 received");
});

test("a removed peer is cut, a key's holder without the preshared key does not come in", async () => {
  const { laptop, machine } = await connected();
  await untilReachable(laptop.host, "10.225.1.1", signal);
  await machine.tunnel.removePeer(NAME, laptop.keys.publicKey, signal);
  const ping = async (): Promise<number> =>
    (await laptop.host.run("ping", ["-c3", "-i0.2", "-W1", "10.225.1.1"], { signal, env, expect: [0, 1] })).exitCode;
  expect(await ping()).toBe(1);
  const { publicKey } = laptop.keys;
  await machine.tunnel.setPeer(NAME, { publicKey, allowedIps: ["10.225.0.7/32"] }, signal);
  expect(await ping()).toBe(1);
});

test("no key is in an argument list, and no file with one is left", async () => {
  const host = await testHost();
  const seen: string[] = [];
  const run: TestHost["run"] = (file, args, options) => {
    seen.push([file, ...args, ...Object.values(options.env)].join(" "));
    return host.run(file, args, options);
  };
  const tunnel = createWgTools({ env, run });
  const { privateKey } = generateWireGuardKeys();
  const presharedKey = generatePresharedKey();
  await tunnel.up({ name: NAME, privateKey, addresses: ["10.225.0.7/32"] }, signal);
  const { publicKey } = generateWireGuardKeys();
  await tunnel.setPeer(NAME, { publicKey, presharedKey, allowedIps: ["10.225.1.1/32"] }, signal);
  expect(seen.filter((line) => line.includes(privateKey) || line.includes(presharedKey))).toEqual([]);
  const files = seen.flatMap((line) => /\S+cilo-key-\S+/u.exec(line)?.[0] ?? []);
  expect(files).toHaveLength(2);
  for (const file of files) expect((await host.run("ls", [file], { signal, env, expect: [0, 2] })).exitCode).toBe(2);
});

test("an interface whose daemon was killed comes up anew", async () => {
  const { host, tunnel, keys } = await end("10.225.0.7/32");
  const config = { name: NAME, privateKey: keys.privateKey, listenPort: 51_820, addresses: ["10.225.0.7/32"] };
  const before = await tunnel.status(NAME, signal);
  const killAll = 'for p in /proc/[0-9]*; do [ "$(cat $p/comm)" = wireguard-go ] && kill -9 ${p#/proc/}; done; true';
  await host.run("sh", ["-c", killAll], { signal, env });
  await tunnel.up(config, signal);
  expect(await tunnel.status(NAME, signal)).toEqual(before);
});

test("without the right to change interfaces the refusal says so", async () => {
  const host = await testHost();
  const run: TestHost["run"] = (file, args, options) =>
    host.run("setpriv", ["--reuid=65534", "--clear-groups", "--bounding-set=-all", "--", file, ...args], options);
  const tunnel = createWgTools({ env, run });
  const config = { name: NAME, privateKey: generateWireGuardKeys().privateKey, addresses: [] };
  await expect(tunnel.up(config, signal)).rejects.toMatchObject({ code: "TUNNEL_REFUSED" });
});
