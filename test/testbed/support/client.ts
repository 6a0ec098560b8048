import { Environment, EnvironmentId, ExchangeAnswer, SyncAccess } from "@cilo/api";
import { onTestFinished } from "vitest";
import * as z from "zod";
import { adminKeyFile, serverUrlOf } from "../../../testbed/server.ts";
import { checkout, topologyOf } from "../../../testbed/topology.ts";
import { type TestHost, testHost } from "./testbed.ts";

const Created = z.object({ id: EnvironmentId });

/** A laptop that has a key, curl, WireGuard and rsync, and nothing of Cilo's. */
export interface Client {
  readonly laptop: TestHost;
  /** Calls the server's API and answers its body, or fails the test with what it said. */
  call(method: string, path: string, body?: object): Promise<unknown>;
  environment(id: string): Promise<Environment>;
  /** Waits until the environment has the status; fails at once when it is `failed` instead. */
  reaches(id: string, status: Environment["status"], timeoutMs?: number): Promise<Environment>;
  /** Creates, connects, uploads the folder of the checkout, waits until it runs. It is destroyed when the test has finished. */
  up(request: { name: string; machine: string; folder: string }): Promise<Environment>;
  /** HTTP status of an address through the tunnel, 0 when none came. */
  http(address: string, port: number, path?: string): Promise<number>;
}

export async function testClient(name: "laptop-1" | "laptop-2"): Promise<Client> {
  const laptop = await testHost(name);
  const server = await testHost("server");
  const key = await server.ok(["cat", adminKeyFile]);
  const url = serverUrlOf(topologyOf(checkout));
  const root = { user: "root" };

  const request = async (
    base: string,
    token: string,
    method: string,
    path: string,
    body?: object,
  ): Promise<unknown> => {
    const headers = ["-H", `authorization: Bearer ${token}`];
    const data = body === undefined ? [] : ["-H", "content-type: application/json", "--data-binary", "@-"];
    const answer = await laptop.exec(
      ["curl", "-sS", "--max-time", "30", "--fail-with-body", "-X", method, ...headers, ...data, `${base}${path}`],
      body === undefined ? {} : { input: JSON.stringify(body) },
    );
    if (answer.exitCode !== 0) throw new Error(`${method} ${path}: ${answer.stdout} ${answer.stderr}`);
    return answer.stdout === "" ? undefined : JSON.parse(answer.stdout);
  };
  const call: Client["call"] = async (method, path, body) => await request(url, key, method, path, body);
  const environment = async (id: string): Promise<Environment> =>
    Environment.parse(await call("GET", `/v1/environments/${id}`));

  const reaches: Client["reaches"] = async (id, status, timeoutMs = 180_000) => {
    const end = Date.now() + timeoutMs;
    for (;;) {
      // The server may be away at this moment.
      const now = await environment(id).catch(() => undefined);
      if (now?.status === status) return now;
      if (now?.status === "failed") throw new Error(`${id} failed: ${now.reason}`);
      if (Date.now() > end) throw new Error(`${id} is ${now?.status} (${now?.reason}), not ${status}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };

  const connect = async (id: string): Promise<ExchangeAnswer> => {
    const privateKey = await laptop.sh("wg genkey");
    const clientPublicKey = await laptop.ok(["wg", "pubkey"], { input: privateKey });
    const answer = ExchangeAnswer.parse(
      await call("POST", "/v1/wireguard/exchange", {
        environmentId: id,
        clientPublicKey,
        device: name,
        usedRoutes: [],
      }),
    );
    const link = `tb${id.slice(-8)}`;
    onTestFinished(async () => void (await laptop.exec(["ip", "link", "delete", link], root)));
    await laptop.sh(
      `umask 077; folder=$(mktemp -d); cat >$folder/wg; wireguard-go ${link} >/dev/null 2>&1
       wg setconf ${link} $folder/wg; rm -r $folder
       ip address add ${answer.assignedIp}/32 dev ${link}; ip link set ${link} mtu 1280 up
       ip route add ${answer.machineIp}/32 dev ${link}
       ${answer.routes.map((route) => `ip route replace ${route} dev ${link}`).join("\n")}`,
      { ...root, input: wgConfig(privateKey, answer) },
    );
    return answer;
  };

  const up: Client["up"] = async ({ name: environmentName, machine, folder }) => {
    const body = { name: environmentName, project: "shop", format: "compose", machine };
    const created = Created.parse(await call("POST", "/v1/environments", body));
    onTestFinished(async () => {
      await call("DELETE", `/v1/environments/${created.id}`).catch(() => undefined);
      await reaches(created.id, "destroyed", 120_000).catch(() => undefined);
    }, 150_000);
    await reaches(created.id, "syncing");
    const { credential, machineIp } = await connect(created.id);
    const agent = `http://${machineIp}:8080`;
    const access = SyncAccess.parse(
      await request(agent, credential, "POST", "/environment/sync", { environmentId: created.id }),
    );
    await laptop.ok(["rsync", "-a", `${folder}/`, access.url.replace("rsync://", `rsync://${access.user}@`)], {
      env: { RSYNC_PASSWORD: access.password },
    });
    await call("POST", `/v1/environments/${created.id}/sync`);
    return await reaches(created.id, "running");
  };

  return {
    laptop,
    call,
    environment,
    reaches,
    up,
    http: async (address, port, path = "/") => {
      const argv = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "3"];
      return Number((await laptop.exec([...argv, `http://${address}:${port}${path}`])).stdout);
    },
  };
}

function wgConfig(privateKey: string, answer: ExchangeAnswer): string {
  return `[Interface]
PrivateKey = ${privateKey}
[Peer]
PublicKey = ${answer.machineWgPublicKey}
PresharedKey = ${answer.presharedKey}
Endpoint = ${answer.wgEndpoint}
AllowedIPs = ${[`${answer.machineIp}/32`, ...answer.routes].join(", ")}
PersistentKeepalive = 25
`;
}
