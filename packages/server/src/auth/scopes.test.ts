import {
  KeyScope,
  type Environment,
  type Reach,
  type Route,
  WireGuardKey,
  keyToUrl,
  scopes,
  serverRoutes,
} from "@cilo/api";
import { generateWireGuardKeys } from "@cilo/network";
import { expect, test } from "vitest";
import { createRunning } from "../testing/environments.ts";
import { type TestServer, startTestServer } from "../testing/test-server.ts";

const signal = AbortSignal.timeout(300_000);

/**
 * Every cell of the table in docs/SECURITY.md: each route, asked with a key of each scope, for what the key created
 * itself, for what another key of its team did, and for what is another team's.
 */
test("each scope reaches on each route as far as the table says, and another team's answers as if it did not exist", async () => {
  const server = await startTestServer();
  await server.addMachine({ capacity: { environments: 200, memoryMb: 1_000_000, cpus: 1000 } });
  const client = keyRing(server);
  const failures: string[] = [];
  for (const [name, route] of Object.entries<Route>(serverRoutes)) {
    if (route.access.kind !== "key") continue;
    for (const scope of scopes)
      for (const owner of ["mine", "ours", "theirs"] as const) {
        const asker = await client(`${scope} team-a`);
        const other =
          owner === "mine" ? asker : await client(owner === "ours" ? "developer team-a another" : "developer team-b");
        const status = await ask({
          server,
          route,
          name,
          key: asker.key,
          thing: await thingOf(client, { name, owner: other }),
        });
        const wanted = wantedStatus({ reach: route.access.reach[scope], owner, route });
        if (!wanted.includes(status))
          failures.push(`${name} as ${scope} for ${owner}: ${status}, wanted ${wanted.join(" or ")}`);
      }
  }
  expect(failures).toEqual([]);
});

test("without a key, or with one that is malformed, wrong or revoked, nothing but the public routes answers", async () => {
  const server = await startTestServer();
  const { key } = await server.client("admin");
  const wrong = `${key.slice(0, -1)}${key.endsWith("A") ? "B" : "A"}`;
  for (const [name, route] of Object.entries<Route>(serverRoutes))
    for (const token of [undefined, "x", wrong]) {
      const response = await fetch(`${server.url}${route.path.replaceAll(/:\w+/gu, "x")}`, {
        method: route.method,
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
        signal,
      });
      await response.body?.cancel();
      // Metrics are not enabled here, which is said to those who come with a token.
      const wanted = route.access.kind === "public" ? [200] : route.access.kind === "metrics" ? [401, 404] : [401];
      expect(wanted, `${name} with ${token}`).toContain(response.status);
    }
});

type KeyRing = (who: string) => ReturnType<TestServer["client"]>;

/** One key per name, as `scope team …`. */
function keyRing(server: TestServer): KeyRing {
  const clients = new Map<string, ReturnType<TestServer["client"]>>();
  return async (who) => {
    const [scope, team] = who.split(" ");
    const known = clients.get(who) ?? server.client(KeyScope.parse(scope), team);
    clients.set(who, known);
    return await known;
  };
}

interface Thing {
  readonly environment?: Environment;
  readonly keyId?: string;
  readonly peer?: WireGuardKey;
}

/** What the route is about, made by its owner: few routes need more than names. */
async function thingOf(
  client: KeyRing,
  { name, owner }: { name: string; owner: Awaited<ReturnType<TestServer["client"]>> },
): Promise<Thing> {
  if (/Environment|environment|exchange|Peer|tunnel/u.test(name) && !/^(?:create|list)/u.test(name)) {
    const environment = await createRunning(owner, `e-${Math.random().toString(36).slice(2, 12)}`);
    if (name !== "removePeer") return { environment };
    const peer = WireGuardKey.parse(generateWireGuardKeys().publicKey);
    await owner.exchangeKeys({
      body: { environmentId: environment.id, clientPublicKey: peer, device: "d", usedRoutes: [] },
      signal,
    });
    return { environment, peer };
  }
  if (name === "getKey" || name === "revokeKey") {
    const team = (await owner.serverStatus({ signal })).team.name;
    const admin = await client(`admin ${team}`);
    return { keyId: (await admin.createKey({ body: { name: "k", scope: "ci" }, signal })).id };
  }
  return {};
}

async function ask({
  server,
  route,
  name,
  key,
  thing,
}: {
  server: TestServer;
  route: Route;
  name: string;
  key: string;
  thing: Thing;
}): Promise<number> {
  const id = thing.environment?.id ?? thing.keyId ?? "mach_00000000000000000000";
  const path = route.path.replace(":id", id).replace(":key", thing.peer === undefined ? "x" : keyToUrl(thing.peer));
  const query = name === "removePeer" ? `?environmentId=${thing.environment?.id}` : "";
  const body = bodyOf(name, thing);
  const ending = new AbortController();
  const response = await fetch(`${server.url}${path}${query}`, {
    method: route.method,
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.any([signal, ending.signal]),
  });
  // A stream would go on for ever.
  ending.abort();
  return response.status;
}

function bodyOf(name: string, thing: Thing): unknown {
  const unique = Math.random().toString(36).slice(2, 12);
  switch (name) {
    case "createKey":
      return { name: "k", scope: "ci" };
    case "createEnvironment":
      return { name: `c-${unique}`, project: "p", format: "compose" };
    case "extendEnvironment":
      return { hours: 1 };
    case "exchangeKeys":
      return {
        environmentId: thing.environment?.id,
        clientPublicKey: generateWireGuardKeys().publicKey,
        device: "d",
        usedRoutes: [],
      };
    case "addMachine":
      return { name: `m-${unique}`, host: `${unique}.example`, sshUser: "root" };
    default:
      return undefined;
  }
}

/** Routes that are about nothing of anybody: they answer whoever may call them. */
const ownerless = /^(?:create|list|add)|serverStatus|Machine/u;

function wantedStatus({
  reach,
  owner,
  route,
}: {
  reach: Reach;
  owner: "mine" | "ours" | "theirs";
  route: Route;
}): number[] {
  if (reach === "none") return [403];
  const name = Object.entries<Route>(serverRoutes).find(([, known]) => known === route)?.[0] ?? "";
  // The machine that is asked for is not there, which is told to those who may know.
  if (name === "getMachine" || name === "removeMachine") return [404];
  if (ownerless.test(name)) return [route.status];
  const isWithin = owner === "mine" || (owner === "ours" && reach === "team");
  // A running environment cannot be started again: it is, and so the answer is the same.
  return isWithin ? [route.status] : [404];
}
