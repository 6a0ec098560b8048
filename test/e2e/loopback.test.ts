import { connect } from "node:net";
import { once } from "node:events";
import { expect, test } from "vitest";
import { everythingOf } from "./support/engine.ts";
import { testMachine } from "./support/machine.ts";
import { oneService, smallProject } from "./support/projects.ts";
import { serviceAddress, statusOf } from "./support/status.ts";

const LOOPBACK = /^127\.(?:3[2-9]|[45]\d|6[0-3])\.\d+\.\d+$/u;

test("by loopback, services of two environments answer by name at once, each on its own ports", async () => {
  const machine = await testMachine({ addressing: "loopback" });
  const project = await machine.project("small", smallProject);
  await machine.ok(["up", "one", "--from", project]);
  await machine.ok(["up", "two", "--from", project]);
  const addresses = new Set<string>();
  for (const environment of ["one", "two"]) {
    expect(await machine.request(`http://web.${environment}.test/`)).toMatchObject({ status: 200, body: "small\n" });
    const address = await serviceAddress(machine, environment, "web");
    expect(address).toMatch(LOOPBACK);
    expect(await machine.resolve(`web.${environment}.test`)).toEqual([address]);
    addresses.add(address);
    expect((await statusOf(machine, environment)).loopback).toMatch(/^127\./u);
  }
  expect(addresses.size).toBe(2);
  await machine.ok(["destroy", "one", "--force"]);
  expect(await machine.resolve("web.one.test")).toEqual([]);
  expect(await machine.request("http://web.two.test/")).toMatchObject({ status: 200 });
  await machine.ok(["destroy", "two", "--force"]);
  expect(await everythingOf((await machine.homeId()) ?? "")).toEqual([]);
});

test("an exposed port answers on its service's loopback address, and on no other", async () => {
  const machine = await testMachine({ addressing: "loopback" });
  const project = await machine.project("db", {
    "compose.yml": `name: db
services:
  web: { image: busybox:latest, command: [httpd, -f, -p, "80"], ports: ["80"], stop_grace_period: 0s }
  db: { image: busybox:latest, command: [httpd, -f, -p, "5432"], expose: ["5432"], stop_grace_period: 0s }
`,
  });
  await machine.ok(["up", "dev", "--from", project]);
  const db = await serviceAddress(machine, "dev", "db");
  const web = await serviceAddress(machine, "dev", "web");
  expect(db).not.toBe(web);
  expect(await accepts(db, 5432)).toBe(true);
  expect(await accepts(web, 5432)).toBe(false);
  expect(await accepts("127.0.0.1", 5432)).toBe(false);
});

test("an environment keeps its loopback addresses over down and up", async () => {
  const machine = await testMachine({ addressing: "loopback" });
  const project = await machine.project("one", oneService("one"));
  await machine.ok(["up", "dev", "--from", project]);
  const before = await serviceAddress(machine, "dev", "web");
  await machine.ok(["down", "dev"]);
  await machine.ok(["up", "dev"]);
  expect(await serviceAddress(machine, "dev", "web")).toBe(before);
});

async function accepts(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port, signal: AbortSignal.timeout(5000) });
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
