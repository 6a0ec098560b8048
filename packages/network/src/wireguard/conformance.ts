import { describe, expect, test } from "vitest";
import { type WireGuardKeyPair, generatePresharedKey, generateWireGuardKeys } from "./keys.ts";
import type { Tunnel, TunnelName, TunnelPeer } from "./tunnel.ts";

export interface TunnelSubject {
  /** A tunnel on a machine of its own, which has no interface of ours yet. Called in a test: it may clean up after it. */
  readonly create: () => Promise<Tunnel>;
}

const { signal } = new AbortController();
const NAME: TunnelName = "cilo0";
const ADDRESS = "10.225.0.7/32";

/** The promises of the {@link Tunnel} port, as tests. Every implementation runs them. */
export function tunnelConformance(name: string, subject: TunnelSubject): void {
  const up = async (): Promise<{ tunnel: Tunnel; keys: WireGuardKeyPair }> => {
    const tunnel = await subject.create();
    const keys = generateWireGuardKeys();
    await tunnel.up({ name: NAME, privateKey: keys.privateKey, listenPort: 51_820, addresses: [ADDRESS] }, signal);
    return { tunnel, keys };
  };
  const peer = (allowedIps: readonly string[], more: Partial<TunnelPeer> = {}): TunnelPeer => ({
    publicKey: generateWireGuardKeys().publicKey,
    presharedKey: generatePresharedKey(),
    endpoint: "192.0.2.4:51820",
    allowedIps,
    ...more,
  });
  const peersOf = async (tunnel: Tunnel): Promise<string[]> =>
    ((await tunnel.status(NAME, signal))?.peers ?? []).map((one) => one.publicKey).sort();

  describe(`${name} keeps the promises of a tunnel`, () => {
    test("an interface has the key, port and address it was given", async () => {
      const { tunnel, keys } = await up();
      expect(await tunnel.status(NAME, signal)).toEqual({
        name: NAME,
        publicKey: keys.publicKey,
        listenPort: 51_820,
        addresses: [ADDRESS],
        routes: [],
        peers: [],
      });
      expect(await tunnel.list(signal)).toEqual([NAME]);
    });

    test("without a port of its own it takes a free one, and keeps it", async () => {
      const tunnel = await subject.create();
      const config = { name: NAME, privateKey: generateWireGuardKeys().privateKey, addresses: [ADDRESS] };
      await tunnel.up(config, signal);
      const port = (await tunnel.status(NAME, signal))?.listenPort ?? 0;
      expect(port).toBeGreaterThan(1023);
      await tunnel.up(config, signal);
      expect((await tunnel.status(NAME, signal))?.listenPort).toBe(port);
    });

    test("up again changes what is different and keeps peers and routes", async () => {
      const { tunnel } = await up();
      await tunnel.setPeer(NAME, peer(["10.224.1.0/27"]), signal);
      await tunnel.setRoutes(NAME, ["10.224.1.0/27"], signal);
      const { peers } = (await tunnel.status(NAME, signal)) ?? {};
      const { privateKey, publicKey } = generateWireGuardKeys();
      await tunnel.up({ name: NAME, privateKey, listenPort: 51_821, addresses: ["10.225.0.9/32"] }, signal);
      expect(await tunnel.status(NAME, signal)).toEqual({
        name: NAME,
        publicKey,
        listenPort: 51_821,
        addresses: ["10.225.0.9/32"],
        routes: ["10.224.1.0/27"],
        peers,
      });
    });

    test("a peer has its endpoint and ranges, and a second setting replaces them", async () => {
      const { tunnel } = await up();
      const one = peer(["10.224.1.0/27", "10.225.1.1/32"]);
      const idle = { lastHandshake: undefined, receivedBytes: 0 };
      await tunnel.setPeer(NAME, one, signal);
      expect((await tunnel.status(NAME, signal))?.peers).toMatchObject([
        { ...idle, publicKey: one.publicKey, endpoint: one.endpoint, allowedIps: ["10.224.1.0/27", "10.225.1.1/32"] },
      ]);
      await tunnel.setPeer(NAME, { ...one, endpoint: "192.0.2.5:4500", allowedIps: ["10.224.2.0/27"] }, signal);
      expect((await tunnel.status(NAME, signal))?.peers).toMatchObject([
        { ...idle, publicKey: one.publicKey, endpoint: "192.0.2.5:4500", allowedIps: ["10.224.2.0/27"] },
      ]);
    });

    test("a peer set without an endpoint keeps the one it has", async () => {
      const { tunnel } = await up();
      const { endpoint, ...one } = peer(["10.224.1.0/27"]);
      await tunnel.setPeer(NAME, { ...one, ...(endpoint === undefined ? {} : { endpoint }) }, signal);
      await tunnel.setPeer(NAME, one, signal);
      expect((await tunnel.status(NAME, signal))?.peers.map((found) => found.endpoint)).toEqual([endpoint]);
    });

    test("removing one peer leaves the others, and removing it twice is no failure", async () => {
      const { tunnel } = await up();
      const [one, two] = [peer(["10.224.1.0/27"]), peer(["10.224.2.0/27"])];
      await tunnel.setPeer(NAME, one, signal);
      await tunnel.setPeer(NAME, two, signal);
      await tunnel.removePeer(NAME, one.publicKey, signal);
      await tunnel.removePeer(NAME, one.publicKey, signal);
      expect(await peersOf(tunnel)).toEqual([two.publicKey]);
    });

    test("a peer never takes another peer's addresses away", async () => {
      const { tunnel } = await up();
      const one = peer(["10.224.1.0/27"]);
      await tunnel.setPeer(NAME, one, signal);
      const refused = { code: "TUNNEL_ADDRESS_TAKEN" };
      await expect(tunnel.setPeer(NAME, peer(["10.224.1.0/27"]), signal)).rejects.toMatchObject(refused);
      await expect(tunnel.setPeer(NAME, peer(["10.224.1.9/32"]), signal)).rejects.toMatchObject(refused);
      expect(await peersOf(tunnel)).toEqual([one.publicKey]);
    });

    test("routes are exactly those asked for last", async () => {
      const { tunnel } = await up();
      const routes = async (): Promise<unknown> => (await tunnel.status(NAME, signal))?.routes;
      await tunnel.setRoutes(NAME, ["10.224.2.0/27", "10.224.1.0/27"], signal);
      expect(await routes()).toEqual(["10.224.1.0/27", "10.224.2.0/27"]);
      await tunnel.setRoutes(NAME, ["10.224.2.0/27", "10.225.1.1/32"], signal);
      expect(await routes()).toEqual(["10.224.2.0/27", "10.225.1.1/32"]);
      await tunnel.setRoutes(NAME, [], signal);
      expect(await routes()).toEqual([]);
    });

    test("a range that another interface leads to is refused and named", async () => {
      const { tunnel } = await up();
      const other: TunnelName = "cilo1";
      const { privateKey } = generateWireGuardKeys();
      await tunnel.up({ name: other, privateKey, addresses: ["10.225.0.8/32"] }, signal);
      await tunnel.setRoutes(NAME, ["10.224.1.0/27"], signal);
      const refused = { code: "ROUTE_TAKEN", message: expect.stringContaining(NAME) };
      await expect(tunnel.setRoutes(other, ["10.224.1.0/27"], signal)).rejects.toMatchObject(refused);
      expect((await tunnel.status(NAME, signal))?.routes).toEqual(["10.224.1.0/27"]);
      expect(await tunnel.list(signal)).toEqual([NAME, other]);
    });

    test("down takes all of it away, and twice is no failure", async () => {
      const { tunnel } = await up();
      await tunnel.setRoutes(NAME, ["10.224.1.0/27"], signal);
      await tunnel.down(NAME, signal);
      await tunnel.down(NAME, signal);
      expect(await tunnel.status(NAME, signal)).toBeUndefined();
      expect(await tunnel.list(signal)).toEqual([]);
      await tunnel.removePeer(NAME, generateWireGuardKeys().publicKey, signal);
      await expect(tunnel.setPeer(NAME, peer(["10.224.1.0/27"]), signal)).rejects.toMatchObject({
        code: "TUNNEL_MISSING",
      });
    });

    test("up right after down is a fresh interface", async () => {
      const { tunnel, keys } = await up();
      await tunnel.setPeer(NAME, peer(["10.224.1.0/27"]), signal);
      await tunnel.down(NAME, signal);
      await tunnel.up({ name: NAME, privateKey: keys.privateKey, addresses: [ADDRESS] }, signal);
      expect(await peersOf(tunnel)).toEqual([]);
    });

    test("two that bring it up at the same time both succeed", async () => {
      const tunnel = await subject.create();
      const config = { name: NAME, privateKey: generateWireGuardKeys().privateKey, addresses: [ADDRESS] };
      await Promise.all([tunnel.up(config, signal), tunnel.up(config, signal)]);
      expect(await tunnel.status(NAME, signal)).toMatchObject({ addresses: [ADDRESS] });
    });
  });
}
