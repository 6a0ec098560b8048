import type { Environment } from "@cilo/api";
import { expect, test } from "vitest";
import { type Client, testClient } from "./support/client.ts";
import { testHost } from "./support/testbed.ts";

const shop = "/opt/checkout/examples/shop";

function serviceOf(environment: Environment, name: string): string {
  const service = environment.services.find((one) => one.name === name);
  if (service === undefined) throw new Error(`${environment.name} has no service ${name}`);
  return service.ip;
}

/** Waits until the shop's page answers through the tunnel. */
async function answers(client: Client, address: string): Promise<void> {
  await expect.poll(async () => await client.http(address, 80), { timeout: 90_000 }).toBe(200);
}

test("the shop runs on a machine by API alone, and its services keep answering through whatever goes wrong", async () => {
  const client = await testClient("laptop-1");
  const machine = await testHost("machine-1");
  const server = await testHost("server");
  const environment = await client.up({ name: "shop-1", machine: "machine-1", folder: shop });
  const web = serviceOf(environment, "web");
  await answers(client, web);
  expect(await client.http(serviceOf(environment, "api"), 3000)).not.toBe(0);

  // The server is killed: nothing that runs depends on it, and it comes back.
  await server.sh("kill -9 $(cat /run/cilo-server.keep)");
  expect(await client.http(web, 80)).toBe(200);
  await client.reaches(environment.id, "running");

  // The agent is killed: the tunnel and the services outlive it.
  await machine.sh("kill -9 $(pgrep -f cilo-agent/current/[m]ain.js)");
  expect(await client.http(web, 80)).toBe(200);
  await client.reaches(environment.id, "running");

  // The link is cut: the tunnel resumes by itself.
  await client.laptop.cut("machine-1");
  expect(await client.http(web, 80)).toBe(0);
  await client.laptop.heal();
  await answers(client, web);

  // The engine is killed: the services are back at the same addresses.
  await machine.sh("kill -9 $(pgrep -x dockerd)");
  await answers(client, web);
  const after = await client.reaches(environment.id, "running");
  expect(serviceOf(after, "web")).toBe(web);

  // The machine is rebooted.
  await machine.restart();
  await answers(client, web);
  await client.reaches(environment.id, "running");

  await client.call("DELETE", `/v1/environments/${environment.id}`);
  await client.reaches(environment.id, "destroyed");
  expect(
    await machine.sh(
      "docker ps -aq; docker volume ls -q; docker network ls -q --filter label=cilo.home; ls /var/lib/cilo-agent/environments",
    ),
  ).toBe("");
});
