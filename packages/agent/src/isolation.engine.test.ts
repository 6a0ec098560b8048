import { poll, run } from "@cilo/base";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestMachine, clientOf, credentialOf, newOperation, startTestMachine } from "./testing/machine.ts";
import { type Device, addressOf, bringUp, get, newDevice, rsync, site, upload } from "./testing/project.ts";

const signal = (): AbortSignal => AbortSignal.timeout(120_000);

let machine: TestMachine;
let mine: Device;
let theirs: Device;
beforeAll(async () => {
  machine = await startTestMachine();
  await machine.startAgent();
  mine = await newDevice(machine);
  theirs = await newDevice(machine);
  for (const device of [mine, theirs]) {
    await upload(machine, device, site);
    expect(await bringUp(machine, device)).toMatchObject({ state: "running" });
  }
});
afterAll(async () => await machine[Symbol.asyncDispose]());

const docker = async (...args: readonly string[]): Promise<string> =>
  (await run("docker", args, { env: machine.env, signal: signal() })).stdout.trim();

/** Whether a TCP connection comes about, from a peer. */
const reaches = async (from: Device, host: string, port: number): Promise<boolean> => {
  const program = `const s = require("node:net").connect(${port}, "${host}", () => process.exit(0)); s.on("error", () => process.exit(3)); setTimeout(() => process.exit(4), 2000)`;
  return (await from.peer.exec([process.execPath, "-e", program], [0, 3, 4])).exitCode === 0;
};

describe("a device", () => {
  test("reaches its environment's services, the agent and rsync", async () => {
    expect(await reaches(mine, addressOf(mine, 1), 8080)).toBe(true);
    expect(await reaches(mine, machine.address, 8080)).toBe(true);
    expect(await reaches(mine, machine.address, 8730)).toBe(true);
  });

  test("reaches no service of another environment", async () => {
    expect(await reaches(theirs, addressOf(theirs, 1), 8080)).toBe(true);
    expect(await reaches(mine, addressOf(theirs, 1), 8080)).toBe(false);
  });

  test("reaches no container by the address it has on the machine, not even its own", async () => {
    const ids = (await docker("ps", "--quiet", "--filter", "label=cilo.service=web")).split("\n");
    const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
    const addresses = await docker("inspect", "--format", format, ...ids);
    for (const address of addresses.split("\n")) expect(await reaches(mine, address, 8080)).toBe(false);
  });

  test("reaches no other port of the machine", async () => {
    const server = machine.spawnListener(2222);
    try {
      await poll(async () => (await machine.exec(["ss", "-ltn"])).includes(":2222"), {
        signal: signal(),
        timeoutMs: 10_000,
        what: "the listener",
      });
      expect(await reaches(mine, machine.address, 2222)).toBe(false);
      expect(await reaches(mine, "192.0.2.1", 2222)).toBe(true);
    } finally {
      server.kill();
    }
  });

  test("reaches no other device", async () => {
    const { exitCode } = await mine.peer.exec(["ping", "-c", "1", "-W", "2", theirs.peer.address], [0, 1, 2]);
    expect(exitCode).not.toBe(0);
  });

  test("that pretends to another's address is not heard", async () => {
    const wg = mine.peer.interface;
    await mine.peer.exec(["ip", "addr", "add", `${theirs.peer.address}/32`, "dev", wg]);
    await mine.peer.exec(["ip", "route", "replace", addressOf(theirs, 1), "dev", wg, "src", theirs.peer.address]);
    expect(await reaches(mine, addressOf(theirs, 1), 8080)).toBe(false);
    await mine.peer.exec(["ip", "addr", "del", `${theirs.peer.address}/32`, "dev", wg]);
    await mine.peer.exec(["ip", "route", "replace", addressOf(theirs, 1), "dev", wg]);
  });
});

describe("a container", () => {
  /** Whether a container of mine gets an answer there. */
  const answers = async (url: string): Promise<boolean> => {
    const [id = ""] = (await docker("ps", "--quiet", "--filter", "label=cilo.service=web")).split("\n");
    const { hostname, port } = new URL(url);
    const argv = ["exec", id, "sh", "-c", 'nc -w 2 "$0" "$1" </dev/null', hostname, port];
    return (await run("docker", argv, { env: machine.env, signal: signal(), expect: [0, 1] })).exitCode === 0;
  };

  test("reaches neither services of another environment nor any other way to its containers", async () => {
    const ids = (await docker("ps", "--quiet", "--filter", "label=cilo.service=web")).split("\n");
    const own = await docker("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", ...ids);
    const [first = "", second = ""] = own.split("\n");
    expect(await answers(`http://${first}:8080/`)).toBe(true);
    expect(await answers(`http://${second}:8080/`)).toBe(false);
    expect(await answers(`http://${addressOf(mine, 1)}:8080/`)).toBe(false);
    expect(await answers(`http://${addressOf(theirs, 1)}:8080/`)).toBe(false);
  });

  test("reaches neither the agent nor the machine itself", async () => {
    expect(await answers(`http://${machine.address}:8080/health`)).toBe(false);
    expect(await answers("http://192.0.2.1:8080/")).toBe(false);
  });
});

describe("an environment's credential", () => {
  test("opens nothing of another environment, nor anything of the server's part", async () => {
    const { environmentId } = theirs;
    const operation = { environmentId, operationId: newOperation() };
    const { client } = mine;
    const opts = { signal: signal() };
    const hidden = [
      async () => await client.status({ query: { environmentId }, ...opts }),
      async () => await client.sync({ body: { environmentId }, ...opts }),
      async () => await client.logs({ query: { environmentId }, ...opts }),
      async () => await client.events({ query: { environmentId }, ...opts }),
      async () => await client.events({ query: {}, ...opts }),
    ];
    for (const call of hidden) await expect(call()).rejects.toMatchObject({ code: "ENVIRONMENT_NOT_FOUND" });
    const own = { environmentId: mine.environmentId, operationId: newOperation() };
    const up = { name: "x", project: "x", format: "compose", block: mine.block, allowPrivileged: true } as const;
    const { publicKey } = theirs.peer;
    const forbidden = [
      async () => await client.up({ body: { ...own, ...up }, ...opts }),
      async () => await client.down({ body: own, ...opts }),
      async () => await client.destroy({ body: own, ...opts }),
      async () => await client.destroy({ body: operation, ...opts }),
      async () => await client.addPeer({ body: { kind: "server", publicKey, assignedIp: "10.225.9.9" }, ...opts }),
      async () => await client.removePeer({ body: { publicKey }, ...opts }),
      async () => await client.wireguardStatus(opts),
      async () => await client.health(opts),
    ];
    for (const call of forbidden) await expect(call()).rejects.toMatchObject({ code: "FORBIDDEN" });
  });

  test("runs no command in another environment", async () => {
    const start = { service: "web", command: ["id"] };
    const { environmentId } = theirs;
    const token = await credentialOf(machine, mine);
    const answer = await machine.execFrom(mine.peer, { token, environmentId, start, input: "" });
    expect(answer.code).toBe("ENVIRONMENT_NOT_FOUND");
  });

  test("counts from its own device alone", async () => {
    const token = await credentialOf(machine, theirs);
    const response = await mine.peer.fetch(
      `http://${machine.address}:8080/environment/status?environmentId=${theirs.environmentId}`,
      { headers: { authorization: `Bearer ${token}` } },
    );
    expect(response.status).toBe(401);
  });

  test("is not good for a device that was never given the environment", async () => {
    const stranger = clientOf(machine, { environmentId: theirs.environmentId, peer: mine.peer });
    const status = stranger.status({ query: { environmentId: theirs.environmentId }, signal: signal() });
    await expect(status).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });

  test("ends with the peer, and so does what is open", async () => {
    const guest = await newDevice(machine);
    const { environmentId } = guest;
    const events = await guest.client.events({ query: { environmentId }, signal: signal() });
    const rest = (async () => {
      for await (const _ of events);
      return "ended";
    })();
    await machine.server.removePeer({ body: { publicKey: guest.peer.publicKey, environmentId }, signal: signal() });
    expect(await machine.exec(["wg", "show", machine.interface, "peers"])).not.toContain(guest.peer.publicKey);
    expect(
      await Promise.race([rest.catch(() => "ended"), new Promise((r) => setTimeout(() => r("open"), 20_000).unref())]),
    ).toBe("ended");
    expect(await get(guest.peer, `http://${machine.address}:8080/health`)).toBeUndefined();
  });
});

test("a server's credential counts from a server's address alone", async () => {
  const token = await machine.sign({ role: "server", machineId: machine.machineId });
  const headers = { authorization: `Bearer ${token}` };
  expect((await mine.peer.fetch(`http://${machine.address}:8080/health`, { headers })).status).toBe(401);
  expect((await machine.serverPeer.fetch(`http://${machine.address}:8080/health`, { headers })).status).toBe(200);
  expect((await machine.serverPeer.fetch(`http://${machine.address}:8080/health`)).status).toBe(401);
});

describe("rsync", () => {
  test("opens no module of another environment, with no password that one has", async () => {
    const access = await mine.client.sync({ body: { environmentId: mine.environmentId }, signal: signal() });
    await theirs.client.sync({ body: { environmentId: theirs.environmentId }, signal: signal() });
    const at = `${machine.address}:8730`;
    expect(await rsync(mine, access.password, ["-r", `${mine.environmentId}@${at}/${mine.environmentId}/`])).toBe(0);
    for (const user of [mine.environmentId, theirs.environmentId])
      expect(await rsync(mine, access.password, ["-r", `${user}@${at}/${theirs.environmentId}/`])).not.toBe(0);
    expect(await rsync(theirs, access.password, ["-r", `${mine.environmentId}@${at}/${mine.environmentId}/`])).not.toBe(
      0,
    );
    expect((await mine.peer.exec(["rsync", `rsync://${at}/`])).stdout.trim()).toBe("");
  });

  test("leads nowhere by links that were uploaded", async () => {
    await upload(machine, mine, { ...site, out: "-> /etc", up: "-> ../../.." });
    const access = await mine.client.sync({ body: { environmentId: mine.environmentId }, signal: signal() });
    const module = `${mine.environmentId}@${machine.address}:8730/${mine.environmentId}`;
    for (const path of ["out/passwd", "up/rsync/secrets", "../../rsync/secrets"])
      expect(await rsync(mine, access.password, ["-rL", `${module}/${path}`])).not.toBe(0);
  });
});
