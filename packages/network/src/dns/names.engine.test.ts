import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { chown, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { isCiloError, poll } from "@cilo/base";
import { afterEach, expect, test } from "vitest";
import { findDnsmasq } from "./find-dnsmasq.ts";
import { type Names, createNames } from "./names.ts";
import { chooseWildcardPorts } from "./wildcard-ports.ts";

const signal = new AbortController().signal;
const long = process.env["CILO_TEST_LONG"] === "1";
const cleanUp: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

interface Fixture {
  readonly names: Names;
  readonly dir: string;
  readonly port: number;
}

async function newNames(env: NodeJS.ProcessEnv = process.env): Promise<Fixture> {
  const dir = await mkdtemp(join(tmpdir(), "cilo-names-"));
  const port = (await chooseWildcardPorts(`${dir}/front`)).a;
  const names = createNames({ dir, port, env });
  cleanUp.push(() => rm(dir, { recursive: true, force: true }));
  cleanUp.push(() => names.stop({ signal }));
  return { names, dir, port };
}

const identity = (environment: string) => ({ project: "shop", environment, suffix: ".test" });

function service(label: string, addresses: readonly string[], more: { hostnames?: string[]; ingress?: boolean } = {}) {
  const numbered = addresses.map((address, index) => ({ index: index + 1, address }));
  return { service: label, label, addresses: numbered, hostnames: [], ingress: false, ...more };
}

const web = (address: string) => service("web", [address], { ingress: true });

function resolverAt(port: number): Resolver {
  const resolver = new Resolver({ timeout: 5000, tries: 1 });
  resolver.setServers([`127.0.0.1:${port}`]);
  return resolver;
}

async function lookUp(port: number, name: string, type: "A" | "AAAA" = "A"): Promise<string> {
  try {
    const resolver = resolverAt(port);
    const found = type === "A" ? await resolver.resolve4(name) : await resolver.resolve6(name);
    return found.sort().join(" ");
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}

async function frontStarts(dir: string): Promise<number> {
  return (await readFile(join(dir, "front.log"), "utf8")).split(": started, version").length - 1;
}

async function pidOf(dir: string, name: string): Promise<number> {
  return Number(await readFile(join(dir, `${name}.pid`), "utf8"));
}

async function wildcardPid(dir: string): Promise<number> {
  const pids = (await readdir(dir)).filter((name) => /^wildcards-.\.pid$/u.test(name));
  return await pidOf(dir, pids[0]?.replace(".pid", "") ?? "");
}

test("every service, container, apex and name under it answers when publish returns, and none when withdraw does", async () => {
  const { names, port } = await newNames();
  await names.publish(identity("dev"), [web("10.9.0.2"), service("api", ["10.9.0.3", "10.9.0.4"])], { signal });
  expect(await lookUp(port, "web.dev.test")).toBe("10.9.0.2");
  expect(await lookUp(port, "api.dev.test")).toBe("10.9.0.3 10.9.0.4");
  expect(await lookUp(port, "api-2.dev.test")).toBe("10.9.0.4");
  expect(await lookUp(port, "shop.dev.test")).toBe("10.9.0.2");
  expect(await lookUp(port, "a.b.shop.dev.test")).toBe("10.9.0.2");
  await names.withdraw(identity("dev"), { signal });
  for (const name of ["web.dev.test", "api.dev.test", "api-2.dev.test", "shop.dev.test", "a.b.shop.dev.test"])
    expect([name, await lookUp(port, name)]).toEqual([name, "ENOTFOUND"]);
  await names.withdraw(identity("dev"), { signal });
});

test("an IPv6 question about a name is answered with no record, not with no name", async () => {
  const { names, port } = await newNames();
  await names.publish(identity("dev"), [web("10.9.0.2")], { signal });
  for (const name of ["web.dev.test", "shop.dev.test", "x.shop.dev.test"])
    expect([name, await lookUp(port, name, "AAAA")]).toEqual([name, "ENODATA"]);
});

test("a name that is nobody's does not exist, and names under other suffixes are refused", async () => {
  const { names, port } = await newNames();
  await names.publish(identity("dev"), [web("10.9.0.2")], { signal });
  expect(await lookUp(port, "db.dev.test")).toBe("ENOTFOUND");
  expect(await lookUp(port, "example.com")).toBe("EREFUSED");
});

test("an environment that comes later has its names, also one that another had as a hostname until then", async () => {
  const { names, port } = await newNames();
  const dev = [service("web", ["10.9.0.2"], { hostnames: ["x.late.test", "www.test"] })];
  await names.publish(identity("dev"), dev, { signal });
  expect(await lookUp(port, "x.late.test")).toBe("10.9.0.2");
  await names.publish(identity("late"), [service("x", ["10.9.0.9"])], { signal });
  expect(await lookUp(port, "x.late.test")).toBe("10.9.0.9");
  await names.publish(identity("dev"), dev, { signal });
  expect(await Promise.all(["x.late.test", "www.test", "web.dev.test"].map((name) => lookUp(port, name)))).toEqual([
    "10.9.0.9",
    "10.9.0.2",
    "10.9.0.2",
  ]);
  await names.withdraw(identity("late"), { signal });
  expect(await lookUp(port, "x.late.test")).toBe("ENOTFOUND");
  await names.publish(identity("dev"), dev, { signal });
  expect(await lookUp(port, "x.late.test")).toBe("10.9.0.2");
});

test("changed, added and removed services answer as they are when publish returns, twenty times in a row", async () => {
  const { names, port, dir } = await newNames();
  for (let round = 1; round <= 20; round += 1) {
    const extra = round % 2 === 0 ? [service("extra", [`10.9.2.${round}`])] : [];
    await names.publish(identity("dev"), [service("api", [`10.9.1.${round}`]), ...extra], { signal });
    expect(await lookUp(port, "api.dev.test")).toBe(`10.9.1.${round}`);
    expect(await lookUp(port, "extra.dev.test")).toBe(round % 2 === 0 ? `10.9.2.${round}` : "ENOTFOUND");
  }
  expect(await frontStarts(dir)).toBe(1);
});

test("twenty processes at once publish while ten others withdraw: nothing is lost and dnsmasq is started once", async () => {
  const { names, dir, port } = await newNames();
  const script = `
    const { createNames } = await import(${JSON.stringify(join(import.meta.dirname, "names.ts"))});
    const [dir, port, action, environment, address] = process.argv.slice(1);
    const names = createNames({ dir, port: Number(port), env: process.env });
    const signal = new AbortController().signal;
    const who = { project: "shop", environment, suffix: ".test" };
    const endpoint = { service: "web", label: "web", addresses: [{ index: 1, address }], hostnames: [environment + "-x.test"], ingress: true };
    if (action === "publish") await names.publish(who, [endpoint], { signal });
    else await names.withdraw(who, { signal });`;
  const inProcess = (...args: string[]) =>
    promisify(execFile)(process.execPath, ["--input-type=module", "-e", script, "--", dir, String(port), ...args]);
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);
  await Promise.all(range(0, 10).map((n) => inProcess("publish", `old-${n}`, `10.9.1.${n}`)));
  await Promise.all([
    ...range(0, 20).map((n) => inProcess("publish", `new-${n}`, `10.9.2.${n}`)),
    ...range(0, 10).map((n) => inProcess("withdraw", `old-${n}`)),
  ]);
  for (const n of range(0, 20))
    for (const name of [`web.new-${n}.test`, `x.shop.new-${n}.test`, `new-${n}-x.test`])
      expect([name, await lookUp(port, name)]).toEqual([name, `10.9.2.${n}`]);
  for (const n of range(0, 10))
    for (const name of [`web.old-${n}.test`, `x.shop.old-${n}.test`])
      expect([name, await lookUp(port, name)]).toEqual([name, "ENOTFOUND"]);
  expect(await frontStarts(dir)).toBe(1);
  expect(await names.server.isRight(signal)).toBe(true);
}, 300_000);

test("a killed dnsmasq is noticed and started again by whoever comes next", async () => {
  const { names, dir, port } = await newNames();
  await names.publish(identity("dev"), [web("10.9.0.2")], { signal });
  for (const victim of [pidOf(dir, "front"), wildcardPid(dir)]) {
    process.kill(await victim, "SIGKILL");
    expect(await names.ensure({ signal })).toEqual({ mended: true });
    expect(await lookUp(port, "web.dev.test")).toBe("10.9.0.2");
    expect(await lookUp(port, "x.shop.dev.test")).toBe("10.9.0.2");
    expect(await names.ensure({ signal })).toEqual({ mended: false });
  }
  process.kill(await pidOf(dir, "front"), "SIGKILL");
  await names.publish(identity("dev"), [web("10.9.0.3")], { signal });
  expect(await lookUp(port, "x.shop.dev.test")).toBe("10.9.0.3");
});

test("a dnsmasq that hangs is replaced", async () => {
  const { names, dir, port } = await newNames();
  await names.publish(identity("dev"), [web("10.9.0.2")], { signal });
  process.kill(await pidOf(dir, "front"), "SIGSTOP");
  await names.publish(identity("dev"), [web("10.9.0.3")], { signal });
  expect(await lookUp(port, "web.dev.test")).toBe("10.9.0.3");
});

test("what a killed process left half written is removed when dnsmasq is started again", async () => {
  const { names, dir } = await newNames();
  await names.publish(identity("dev"), [web("10.9.0.2")], { signal });
  const dead = promisify(execFile)("true");
  await dead;
  await writeFile(join(dir, "staging", `${dead.child.pid}.0123456789ab`), "10.9.0.9 half");
  await writeFile(join(dir, "staging", `${process.pid}.0123456789ab`), "10.9.0.9 mine");
  await names.server.restart(signal);
  expect(await readdir(join(dir, "staging"))).toEqual([`${process.pid}.0123456789ab`]);
});

test("withdrawing works without dnsmasq and starts none", async () => {
  const { names, dir } = await newNames();
  await names.publish(identity("dev"), [web("10.9.0.2")], { signal });
  await names.stop({ signal });
  await names.withdraw(identity("dev"), { signal });
  expect(await names.server.pid(signal)).toBeUndefined();
  expect(await frontStarts(dir)).toBe(1);
  expect(await names.ensure({ signal })).toEqual({ mended: false });
});

test("a change that dnsmasq did not notice is brought to it", async () => {
  const { names, dir, port } = await newNames();
  await names.publish(identity("dev"), [service("api", ["10.9.0.2"])], { signal });
  await rm(join(dir, "hosts"), { recursive: true });
  await mkdir(join(dir, "hosts"), { mode: 0o700 });
  await names.publish(identity("dev"), [service("api", ["10.9.0.3"])], { signal });
  expect(await lookUp(port, "api.dev.test")).toBe("10.9.0.3");
  await names.publish(identity("dev"), [service("api", ["10.9.0.4"])], { signal });
  expect(await lookUp(port, "api.dev.test")).toBe("10.9.0.4");
});

test("fifty changes of a wildcard fail or delay no lookup of any name", async () => {
  const { names, port } = await newNames();
  await names.publish(identity("still"), [web("10.9.0.2")], { signal });
  await names.publish(identity("moving"), [web("10.9.1.1")], { signal });
  const failed: string[] = [];
  let slowestMs = 0;
  const over = new AbortController();
  const hammer = async (name: string, right: RegExp): Promise<number> => {
    let count = 0;
    for (const resolver = resolverAt(port); !over.signal.aborted; count += 1) {
      const start = performance.now();
      const answer = await resolver.resolve4(name).catch((error: unknown) => [String(error)]);
      slowestMs = Math.max(slowestMs, performance.now() - start);
      if (!right.test(answer.join(" "))) failed.push(`${name}: ${answer.join(" ")}`);
    }
    return count;
  };
  const stillNames = ["web.still.test", "shop.still.test", "a.shop.still.test", "a.b.shop.still.test"];
  const hammers = [
    ...stillNames.map((name) => hammer(name, /^10\.9\.0\.2$/u)),
    hammer("x.shop.moving.test", /^10\.9\.1\.\d+$/u),
    hammer("web.moving.test", /^10\.9\.1\.\d+$/u),
  ];
  for (let change = 2; change < (long ? 252 : 52); change += 1) {
    await names.publish(identity("moving"), [web(`10.9.1.${change}`)], { signal });
    expect(await lookUp(port, "y.shop.moving.test")).toBe(`10.9.1.${change}`);
  }
  over.abort();
  const counts = await Promise.all(hammers);
  expect(failed).toEqual([]);
  expect(slowestMs).toBeLessThan(1000);
  expect(Math.min(...counts)).toBeGreaterThan(50);
});

test("a port that another program has is refused, with the program's name and the way out", async () => {
  const { names, port } = await newNames();
  const tcp = createServer().listen(port, "127.0.0.1");
  const udp = createSocket("udp4").bind(port, "127.0.0.1");
  cleanUp.push(async () => {
    tcp.close();
    udp.close();
  });
  await Promise.all([once(tcp, "listening"), once(udp, "listening")]);
  await expect(names.publish(identity("dev"), [web("10.9.0.2")], { signal })).rejects.toMatchObject({
    code: "DNS_PORT_TAKEN",
    message: expect.stringMatching(new RegExp(`port ${port} .* taken by .*\\(process ${process.pid}\\)`, "u")),
    hint: expect.stringContaining("cilo init --dns-port"),
  });
  await names.withdraw(identity("dev"), { signal });
});

test("another home's dnsmasq on the port is not mistaken for one's own", async () => {
  const { port } = await newNames();
  const dir = await mkdtemp(join(tmpdir(), "cilo-names-"));
  const first = createNames({ dir, port, env: process.env });
  cleanUp.push(() => rm(dir, { recursive: true, force: true }));
  cleanUp.push(() => first.stop({ signal }));
  await first.start({ signal });
  const otherDir = await mkdtemp(join(tmpdir(), "cilo-names-"));
  const second = createNames({ dir: otherDir, port, env: process.env });
  cleanUp.push(() => rm(otherDir, { recursive: true, force: true }));
  cleanUp.push(() => second.stop({ signal }));
  await expect(second.start({ signal })).rejects.toMatchObject({ code: "DNS_PORT_TAKEN" });
  expect(await first.server.isRight(signal)).toBe(true);
});

test("started through sudo, dnsmasq and its files belong to the person behind it", async () => {
  const sudo = { SUDO_USER: "nobody", SUDO_UID: "65534", SUDO_GID: "65534" };
  const { names, dir } = await newNames({ ...process.env, ...(process.getuid?.() === 0 ? sudo : {}) });
  const me = process.getuid?.() === 0 ? 65_534 : process.getuid?.();
  await chown(dir, me ?? 0, process.getuid?.() === 0 ? 65_534 : (process.getgid?.() ?? 0));
  await names.start({ signal });
  await names.publish(identity("dev"), [web("10.9.0.2")], { signal });
  const status = await readFile(`/proc/${await pidOf(dir, "front")}/status`, "utf8");
  expect(/^Uid:\t(\d+)/mu.exec(status)?.[1]).toBe(String(me));
  const owners = await promisify(execFile)("find", [dir, "!", "-uid", String(me)]);
  expect(owners.stdout).toBe("");
});

test("without dnsmasq the error is the command that installs it", async () => {
  const error: unknown = await findDnsmasq({ env: {}, platform: "darwin", folders: [] }).catch(
    (cause: unknown) => cause,
  );
  expect(isCiloError(error, "DNSMASQ_MISSING")).toBe(true);
  expect(error).toMatchObject({ hint: "brew install dnsmasq" });
});

test("files that others put among ours reach no answer and break none", async () => {
  const { names, dir, port } = await newNames();
  await mkdir(join(dir, "wildcards"), { recursive: true });
  await writeFile(join(dir, "wildcards", "evil.shop"), "x.test 1.2.3.4\nserver=/bank.example/6.6.6.6\n");
  await writeFile(join(dir, "wildcards", "worse.shop"), "x.test/10.0.0.1\n");
  await names.publish(identity("dev"), [web("10.9.0.2")], { signal });
  expect(await lookUp(port, "x.shop.dev.test")).toBe("10.9.0.2");
  const pid = await poll(() => wildcardPid(dir), { signal, timeoutMs: 1000, what: "the wildcards' process" });
  const args = await readFile(`/proc/${pid}/cmdline`, "utf8");
  const config = await readFile(/--conf-file=([^\0]+)/u.exec(args)?.[1] ?? "", "utf8");
  expect(config).not.toContain("server=");
  expect(config).not.toContain("1.2.3.4");
});
