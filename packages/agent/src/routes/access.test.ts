import {
  EnvironmentId,
  KeyId,
  MachineId,
  type Role,
  agentRoutes,
  createCredentialKeys,
  createSigner,
  createVerifier,
} from "@cilo/api";
import { expect, test } from "vitest";
import { authorise } from "./access.ts";

const machineId = MachineId.parse("mach_0123456789abcdefghij");
const mine = EnvironmentId.parse("env_0123456789abcdefghij");
const theirs = EnvironmentId.parse("env_aaaaaaaaaaaaaaaaaaaa");
const keyId = KeyId.parse("key_0123456789abcdefghij");
const serverAddress = "10.225.0.1";
const deviceAddress = "10.225.0.9";
const nowMs = Date.UTC(2026, 10, 24);

const keys = await createCredentialKeys();
const signer = await createSigner(keys);
const verifier = await createVerifier({ publicKey: keys.publicKey, machineId });
const tokens: Readonly<Record<Role, string>> = {
  server: await signer.sign({ role: "server", machineId }, { nowMs }),
  environment: await signer.sign(
    { role: "environment", machineId, environmentId: mine, address: deviceAddress, keyId },
    { nowMs },
  ),
};

async function outcome(asked: {
  readonly route: keyof typeof agentRoutes;
  readonly token: string | undefined;
  readonly address: string;
  readonly environmentId: string | undefined;
}): Promise<string> {
  const { token, ...rest } = asked;
  try {
    const authorization = token === undefined ? undefined : `Bearer ${token}`;
    await authorise(
      { ...rest, route: agentRoutes[asked.route], authorization },
      {
        verifier,
        now: () => nowMs,
        isServer: (address) => address === serverAddress,
        mayUse: (address, id) => address === deviceAddress && id === mine,
      },
    );
    return "allowed";
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}

/** Route → what a server and what a client of one environment may do: the part of each, cell by cell. */
const table = {
  up: ["allowed", "FORBIDDEN"],
  down: ["allowed", "FORBIDDEN"],
  destroy: ["allowed", "FORBIDDEN"],
  status: ["allowed", "allowed"],
  sync: ["FORBIDDEN", "allowed"],
  logs: ["allowed", "allowed"],
  exec: ["FORBIDDEN", "allowed"],
  events: ["allowed", "allowed"],
  addPeer: ["allowed", "FORBIDDEN"],
  removePeer: ["allowed", "FORBIDDEN"],
  wireguardStatus: ["allowed", "FORBIDDEN"],
  health: ["allowed", "FORBIDDEN"],
} as const satisfies Record<keyof typeof agentRoutes, readonly [server: string, environment: string]>;

for (const [name, [server, environment]] of Object.entries(table)) {
  const isRoute = (text: string): text is keyof typeof agentRoutes => text in agentRoutes;
  if (!isRoute(name)) throw new Error(name);
  const call = { route: name, environmentId: mine };

  test(`${name}: ${server} for a server, ${environment} for an environment's client`, async () => {
    expect(await outcome({ ...call, token: tokens.server, address: serverAddress })).toBe(server);
    expect(await outcome({ ...call, token: tokens.environment, address: deviceAddress })).toBe(environment);
  });

  test(`${name}: nothing for another environment, from another address, or without a credential`, async () => {
    const client = { ...call, token: tokens.environment, address: deviceAddress };
    expect(await outcome({ ...client, environmentId: theirs })).not.toBe("allowed");
    expect(await outcome({ ...client, environmentId: undefined })).not.toBe("allowed");
    expect(await outcome({ ...client, address: "10.225.0.10" })).toBe("UNAUTHENTICATED");
    expect(await outcome({ ...client, address: serverAddress })).toBe("UNAUTHENTICATED");
    expect(await outcome({ ...call, token: tokens.server, address: deviceAddress })).toBe("UNAUTHENTICATED");
    expect(await outcome({ ...call, token: undefined, address: serverAddress })).toBe("UNAUTHENTICATED");
    expect(await outcome({ ...call, token: "x.y.z", address: serverAddress })).toBe("UNAUTHENTICATED");
  });
}
