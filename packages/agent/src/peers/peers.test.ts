import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AddPeerRequest, EnvironmentId, WireGuardKey } from "@cilo/api";
import { createFakeTunnel, generatePresharedKey, generateWireGuardKeys } from "@cilo/network";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Peers, openPeers } from "./peers.ts";

const signal = AbortSignal.timeout(60_000);
const one = EnvironmentId.parse("env_11111111111111111111");
const other = EnvironmentId.parse("env_22222222222222222222");
const server = { publicKey: newKey(), address: "10.225.0.1" };
const now = Date.UTC(2026, 10, 24);

let folder: string;
let tunnel: ReturnType<typeof createFakeTunnel>;
let nowMs: number;
let peers: Peers;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cilo-peers-"));
  tunnel = createFakeTunnel();
  nowMs = now;
  await tunnel.up(
    { name: "cilo900", privateKey: generateWireGuardKeys().privateKey, addresses: ["10.225.0.2/32"] },
    signal,
  );
  peers = await open();
});
afterEach(async () => await rm(folder, { recursive: true }));

const open = async (): Promise<Peers> =>
  await openPeers({ folder, tunnel, name: "cilo900", servers: [server], now: () => nowMs, onBroken: () => undefined });

function newKey(): WireGuardKey {
  return WireGuardKey.parse(generateWireGuardKeys().publicKey);
}

function device(assignedIp: string, environmentId = one, hours = 24): AddPeerRequest & { kind: "device" } {
  const presharedKey = WireGuardKey.parse(generatePresharedKey());
  const leaseUntil = new Date(now + hours * 3_600_000).toISOString();
  const rest = { device: "laptop", block: "10.224.0.32/27", environmentId, leaseUntil };
  return { kind: "device", publicKey: newKey(), presharedKey, assignedIp, ...rest };
}

const installed = async (): Promise<string[]> =>
  ((await tunnel.status("cilo900", signal))?.peers ?? []).map((peer) => peer.allowedIps.join()).sort();

test("a device reaches the environments that it has a lease for, until it ends", async () => {
  const laptop = device("10.225.0.9", one, 1);
  await peers.add(laptop, signal);
  await peers.add({ ...laptop, environmentId: other, leaseUntil: new Date(now + 2 * 3_600_000).toISOString() }, signal);
  expect([peers.devicesOf(one), peers.devicesOf(other)]).toEqual([["10.225.0.9"], ["10.225.0.9"]]);
  nowMs += 1.5 * 3_600_000;
  expect([peers.devicesOf(one), peers.devicesOf(other)]).toEqual([[], ["10.225.0.9"]]);
  expect(await peers.reconcile(signal)).toEqual(["10.225.0.9"]);
  expect(await installed()).toContain("10.225.0.9/32");
  nowMs += 3_600_000;
  await peers.reconcile(signal);
  expect(await installed()).toEqual(["10.225.0.1/32"]);
  expect(await readdir(folder)).toEqual([]);
});

test("taking one environment from a device leaves it the others, and other devices everything", async () => {
  const [laptop, desktop] = [device("10.225.0.9"), device("10.225.0.10")];
  for (const each of [laptop, { ...laptop, environmentId: other }, desktop]) await peers.add(each, signal);
  await peers.remove({ publicKey: laptop.publicKey, environmentId: one }, signal);
  expect([peers.devicesOf(one), peers.devicesOf(other)]).toEqual([["10.225.0.10"], ["10.225.0.9"]]);
  await peers.removeEnvironment(other, signal);
  await peers.reconcile(signal);
  expect(await installed()).toEqual(["10.225.0.1/32", "10.225.0.10/32"]);
  await peers.remove({ publicKey: laptop.publicKey }, signal);
});

test("an address is one peer's: WireGuard would take it from the other without a word", async () => {
  await peers.add(device("10.225.0.9"), signal);
  await expect(peers.add(device("10.225.0.9"), signal)).rejects.toMatchObject({ code: "STATE_CONFLICT" });
  await expect(peers.add(device("10.225.0.1"), signal)).rejects.toMatchObject({ code: "STATE_CONFLICT" });
});

test("started again, the interface gets what the records say: lost peers come back, unknown ones go", async () => {
  await peers.add(device("10.225.0.9"), signal);
  await tunnel.down("cilo900", signal);
  await tunnel.up(
    { name: "cilo900", privateKey: generateWireGuardKeys().privateKey, addresses: ["10.225.0.2/32"] },
    signal,
  );
  const { publicKey } = generateWireGuardKeys();
  await tunnel.setPeer("cilo900", { publicKey, allowedIps: ["10.225.0.77/32"] }, signal);
  peers = await open();
  await peers.reconcile(signal);
  expect(await installed()).toEqual(["10.225.0.1/32", "10.225.0.9/32"]);
  expect(peers.devicesOf(one)).toEqual(["10.225.0.9"]);
});

test("a preshared key is readable by root alone", async () => {
  await peers.add(device("10.225.0.9"), signal);
  const [file = ""] = await readdir(folder);
  expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600);
});
