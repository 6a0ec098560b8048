import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { adminKeyFile, serverUrlOf } from "../../testbed/server.ts";
import { checkout, topologyOf } from "../../testbed/topology.ts";
import { type TestHost, testHost } from "./support/testbed.ts";

const serverUrl = serverUrlOf(topologyOf(checkout));
const isLong = process.env["CILO_TEST_LONG"] === "1";
let key: string;

/** A laptop whose ordinary user is logged in and has a copy of the shop. All of it is gone when the test has ended. */
async function laptop(name: "laptop-1" | "laptop-2"): Promise<{ host: TestHost; cilo: Cilo; shop: string }> {
  const host = await testHost(name);
  const folder = await host.folder();
  const shop = `${folder}/shop`;
  const cilo: Cilo = async (args, options = {}) =>
    await host.exec(["sh", "-c", 'cd "$0" && exec cilo "$@"', shop, ...args], { ...options, timeoutMs: 180_000 });
  onTestFinished(async () => {
    const known = await host.sh("ls ~/.cilo/cloud/envs 2>/dev/null || true");
    for (const environment of known.split("\n").filter(Boolean))
      await cilo(["cloud", "destroy", environment, "--force"]);
    await host.ok(["sudo", "cilo", "init", "--undo"]);
    await host.sh("rm -rf ~/.cilo");
  }, 240_000);
  await host.ok(["cp", "-r", "/opt/checkout/examples/shop", shop]);
  await host.ok(["sudo", "cilo", "init"]);
  await cilo(["cloud", "login", "--server", serverUrl, "--stdin"], { input: key });
  return { host, cilo, shop };
}

type Cilo = (
  args: readonly string[],
  options?: { readonly input?: string },
) => Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }>;

interface Status {
  readonly status: string;
  readonly services: readonly { readonly service: string; readonly url?: string; readonly addresses: string[] }[];
}

async function up(cilo: Cilo, name: string): Promise<Status> {
  const { exitCode, stdout, stderr } = await cilo(["cloud", "up", name, "--from", ".", "--json"]);
  expect(stderr).toBe("");
  expect(exitCode).toBe(0);
  return JSON.parse(stdout);
}

const get = async (host: TestHost, url: string): Promise<string> =>
  await host.ok(["curl", "--silent", "--show-error", "--fail", "--max-time", "10", url]);

beforeAll(async () => {
  key = await (await testHost("server")).ok(["cat", adminKeyFile]);
});

describe("cilo cloud", () => {
  test("brings the shop up on a machine, and its services answer here by the same names", async () => {
    const { host, cilo, shop } = await laptop("laptop-1");
    const before = await host.ok(["sh", "-c", 'cd "$0" && find . -type f | sort | xargs sha256sum', shop]);
    const { status, services } = await up(cilo, "agent-1");
    expect(status).toBe("running");
    expect(services.map(({ service, url }) => [service, url])).toEqual(
      expect.arrayContaining([
        ["api", "http://api.agent-1.test:3000"],
        ["postgres", "tcp://postgres.agent-1.test:5432"],
        ["web", "http://web.agent-1.test"],
      ]),
    );
    const order = ["--json", '{"item":"tea","quantity":2}', "http://api.agent-1.test:3000/orders"];
    await host.ok(["curl", "--silent", "--fail", ...order]);
    expect(await get(host, "http://web.agent-1.test/api/orders")).toContain('"item":"tea"');
    expect(await get(host, "http://shop.agent-1.test/api/orders")).toContain('"item":"tea"');
    expect(await host.ok(["sh", "-c", 'cd "$0" && find . -type f | sort | xargs sha256sum', shop])).toBe(before);
  });

  test("commands run in its services with their input, output and status", async () => {
    const { cilo } = await laptop("laptop-1");
    await up(cilo, "agent-2");
    const echoed = await cilo(["cloud", "exec", "agent-2", "redis", "cat"], { input: "over the tunnel" });
    expect(echoed).toMatchObject({ exitCode: 0, stdout: "over the tunnel" });
    expect(await cilo(["cloud", "exec", "agent-2", "redis", "sh", "-c", "exit 7"])).toMatchObject({ exitCode: 7 });
    expect((await cilo(["cloud", "logs", "agent-2", "api"])).stdout).toContain("api listens on port 3000");
  });

  test("an edit reaches the machine with sync, and edits made there come home with merge", async () => {
    const { host, cilo, shop } = await laptop("laptop-1");
    await host.sh(`mkdir ${shop}/notes && echo a > ${shop}/notes/first.txt`);
    await host.sh(`printf 'services: {web: {volumes: ["./notes:/notes"]}}' > ${shop}/compose.override.yml`);
    await up(cilo, "agent-3");
    await host.sh(`echo '<h1>edited here</h1>' > ${shop}/web/html/index.html`);
    const synced = await cilo(["cloud", "sync", "agent-3", "--json"]);
    expect(JSON.parse(synced.stdout)).toMatchObject({
      applied: [{ path: "web/html/index.html", kind: "changed" }],
      conflicts: [],
    });
    expect(await get(host, "http://web.agent-3.test/")).toContain("edited here");
    expect(await cilo(["cloud", "diff", "agent-3", "--name-only"])).toMatchObject({ exitCode: 0, stdout: "" });

    await cilo(["cloud", "exec", "agent-3", "web", "sh", "-c", "echo made there > /notes/made.txt"]);
    const changes = await cilo(["cloud", "diff", "agent-3", "--json"]);
    expect(JSON.parse(changes.stdout), changes.stderr).toMatchObject({
      changes: [{ path: "notes/made.txt", kind: "added" }],
    });
    expect(await cilo(["cloud", "merge", "agent-3"])).toMatchObject({ exitCode: 0 });
    expect(await host.ok(["cat", `${shop}/notes/made.txt`])).toBe("made there");
  });

  test("a second person has the same names and addresses; one who leaves takes nothing from the other", async () => {
    const first = await laptop("laptop-1");
    const second = await laptop("laptop-2");
    const { services } = await up(first.cilo, "agent-4");
    const connected = await second.cilo(["cloud", "connect", "agent-4", "--json"]);
    expect(connected.exitCode, connected.stderr).toBe(0);
    const there: Status = JSON.parse(connected.stdout);
    const addresses = (of: Status["services"]) => of.map(({ service, addresses: own }) => [service, own]);
    expect(addresses(there.services)).toEqual(addresses(services));
    expect(await get(second.host, "http://api.agent-4.test:3000/orders")).toBe("[]");
    expect(await first.cilo(["cloud", "disconnect", "agent-4"])).toMatchObject({ exitCode: 0 });
    expect((await first.host.exec(["getent", "hosts", "api.agent-4.test"])).exitCode).not.toBe(0);
    expect(await get(second.host, "http://api.agent-4.test:3000/orders")).toBe("[]");
  });

  test("what is destroyed leaves no name, no tunnel and no file here, and nothing on the server", async () => {
    const { host, cilo } = await laptop("laptop-1");
    await up(cilo, "agent-5");
    expect(await cilo(["cloud", "destroy", "agent-5"])).toMatchObject({ exitCode: 0 });
    expect((await host.exec(["getent", "hosts", "api.agent-5.test"])).exitCode).not.toBe(0);
    expect((await host.exec(["ip", "link", "show", "cilo0"])).exitCode).not.toBe(0);
    expect(await cilo(["cloud", "status", "agent-5"])).toMatchObject({ exitCode: 3 });
  });

  test("a project that may not run on a shared machine is refused by name", async () => {
    const { host, cilo, shop } = await laptop("laptop-1");
    await host.sh(`printf 'services:\\n  web:\\n    privileged: true\\n' > ${shop}/compose.override.yml`);
    const refused = await cilo(["cloud", "up", "agent-6", "--from", "."]);
    expect(refused.exitCode).toBe(5);
    expect(refused.stderr).toMatch(/^cilo: services\.web: .*privileged.* is not allowed on a shared machine — /u);
  });

  test("a revoked key's device is cut off, and the others' connections stay", async () => {
    const first = await laptop("laptop-1");
    const second = await laptop("laptop-2");
    await up(first.cilo, "agent-7");
    const made = await first.cilo(["cloud", "keys", "create", "leaver", "--scope", "developer", "--json"]);
    const leaver: { id: string; key: string } = JSON.parse(made.stdout);
    await second.cilo(["cloud", "login", "--server", serverUrl, "--stdin"], { input: leaver.key });
    expect(await second.cilo(["cloud", "connect", "agent-7"])).toMatchObject({ exitCode: 0 });
    expect(await get(second.host, "http://api.agent-7.test:3000/orders")).toBe("[]");
    expect(await first.cilo(["cloud", "keys", "revoke", leaver.id])).toMatchObject({ exitCode: 0 });
    const answers = async (): Promise<number> =>
      (await second.host.exec(["curl", "--silent", "--fail", "--max-time", "1", "http://api.agent-7.test:3000/orders"]))
        .exitCode;
    await expect.poll(answers, { timeout: 5000, interval: 100 }).not.toBe(0);
    expect(await get(first.host, "http://api.agent-7.test:3000/orders")).toBe("[]");
    await second.cilo(["cloud", "login", "--server", serverUrl, "--stdin"], { input: key });
  });

  test("an up that is killed anywhere is taken up by the next, and destroy leaves nothing on either side", async () => {
    const { host, cilo, shop } = await laptop("laptop-1");
    const drawn = Array.from({ length: 20 }, () => (0.3 + Math.random() * 9).toFixed(2));
    const points = isLong ? drawn : ["0.90", "4.50"];
    for (const [index, seconds] of points.entries()) {
      const killed = ["sh", "-c", 'cd "$0" && exec timeout --signal=KILL "$@"', shop, seconds, "cilo", "cloud", "up"];
      await host.exec([...killed, "agent-8", "--from", "."]);
      if (index % 2 === 0) {
        const { status } = await up(cilo, "agent-8");
        expect(status, `killed after ${seconds} s`).toBe("running");
        expect(await get(host, "http://api.agent-8.test:3000/orders")).toBe("[]");
      }
      const destroyed = await cilo(["cloud", "destroy", "agent-8"]);
      const isUnknown = destroyed.exitCode === 3 && seconds < "1";
      expect(destroyed.exitCode === 0 || isUnknown, `after ${seconds} s: ${destroyed.stderr}`).toBe(true);
      expect(JSON.parse((await cilo(["cloud", "list", "--json"])).stdout)).toEqual({ environments: [] });
      expect((await host.exec(["ip", "link", "show", "cilo0"])).exitCode).not.toBe(0);
    }
  });
});
