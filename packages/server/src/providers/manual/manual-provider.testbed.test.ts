import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentConfig, MachineId, WireGuardKey, createCredentialKeys } from "@cilo/api";
import { generateWireGuardKeys } from "@cilo/network";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type TestHost, freeMachines, testHost } from "../../../../../test/testbed/support/testbed.ts";
import { createAgentBundle } from "../agent-bundle.ts";
import type { AgentBundle, Connection, UnpinnedConnection } from "../provider.ts";
import { createManualProvider } from "./manual-provider.ts";

const signal = AbortSignal.timeout(600_000);
const env = { PATH: process.env["PATH"], HOME: "/nonexistent" };
const provider = createManualProvider({ env, temporaryFolder: tmpdir() });

/** One key and one bundle for the whole file: packing Node takes seconds. */
const folder = await mkdtemp(join(tmpdir(), "cilo-provider-"));
execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, "key")]);
const realBundle = createAgentBundle({ home: folder, path: env.PATH, signal });

/** The testbed's server gives its machines up for these tests, and gets them back. */
let giveBack: () => Promise<void>;
beforeAll(async () => {
  giveBack = await freeMachines();
});
afterAll(async () => await giveBack());
afterAll(async () => await rm(folder, { recursive: true, force: true }));

/** Lets the test's key in as `user`; out again, with every trace of the agent, when the test has finished. */
async function letIn(host: TestHost, user: string): Promise<UnpinnedConnection> {
  const key = (await readFile(join(folder, "key.pub"), "utf8")).trim();
  const keys = (await host.sh(`getent passwd ${user} | cut -d: -f6`)) + "/.ssh";
  onTestFinished(async () => {
    await host.exec(["rm", "-rf", keys]);
  });
  await host.sh(
    `install -d -m 700 -o "$1" "$2"; printf '%s\n' "$3" >"$2/authorized_keys"; chown "$1" "$2/authorized_keys"`
      .replaceAll("$1", user)
      .replaceAll("$2", keys)
      .replaceAll("$3", key),
  );
  return { host: host.address, port: 22, user, keyPath: join(folder, "key") };
}

async function registered(
  name: "machine-1" | "machine-2",
  user: string,
): Promise<{ host: TestHost; connection: Connection }> {
  const host = await testHost(name);
  const target = await letIn(host, user);
  const { hostKey } = await provider.register(target, { signal });
  const connection = { ...target, hostKey };
  onTestFinished(async () => await provider.remove(connection, { signal: AbortSignal.timeout(120_000) }), 180_000);
  return { host, connection };
}

async function config(change: Partial<AgentConfig> = {}): Promise<AgentConfig> {
  return {
    machineId: MachineId.parse(`mach_${"0".repeat(20)}`),
    address: "10.225.77.9",
    listenPort: 51_820,
    endpoint: "192.0.2.1:51820",
    credentialKey: (await createCredentialKeys()).publicKey,
    servers: [{ publicKey: WireGuardKey.parse(generateWireGuardKeys().publicKey), address: "10.225.77.1" }],
    pools: { containers: "10.223.0.0/16", services: "10.224.0.0/16", devices: "10.225.0.0/16" },
    firewall: false,
    sshPort: 22,
    ...change,
  };
}

/** A version whose Node says that it is one and does nothing else. */
async function brokenBundle(): Promise<AgentBundle> {
  const work = await mkdtemp(join(folder, "broken-"));
  await mkdir(join(work, "bin"));
  await writeFile(
    join(work, "bin/node"),
    '#!/bin/sh\n[ "$1" = --version ] && exit 0\necho "cannot start" >&2\nexit 1\n',
  );
  await chmod(join(work, "bin/node"), 0o755);
  await writeFile(join(work, "main.js"), "");
  execFileSync("tar", ["-czf", join(work, "a.tar.gz"), "-C", work, "bin", "main.js"]);
  const sha256 = createHash("sha256")
    .update(await readFile(join(work, "a.tar.gz")))
    .digest("hex");
  return { version: "9.9.9-broken", archive: join(work, "a.tar.gz"), sha256 };
}

/** All that an agent could leave: files, processes, interfaces, tables, services. */
async function traces(host: TestHost): Promise<string> {
  return await host.sh(`
    ls -d /opt/cilo-agent /etc/cilo-agent /var/lib/cilo-agent /run/cilo-agent* /etc/systemd/system/cilo* /etc/init.d/cilo* /etc/rc?.d/*cilo* /var/log/cilo* 2>/dev/null || :
    ls -d /etc/systemd/system/*/cilo* 2>/dev/null || :
    ip -o link | grep cilo || :
    nft list tables | grep cilo || :
    iptables -S 2>/dev/null | grep ctorigdst || :
    ls -l /proc/[0-9]*/exe 2>/dev/null | grep -E '/opt/cilo-agent|/(rsync|wireguard-go)$' || :
    pgrep -f 'init.d/[c]ilo-agent' || :
    find /var/tmp /tmp /home /root -name '*cilo*' || :
  `);
}

const nothing = (): void => undefined;

describe.each([
  { name: "machine-1", user: "root", kind: "a machine without systemd" },
  { name: "machine-2", user: "ops", kind: "a machine with systemd, over sudo, where /tmp allows no programs" },
  { name: "machine-1", user: "fisher", kind: "a login shell that is not POSIX" },
] as const)("$kind", ({ name, user }) => {
  test("gets the agent, again changes nothing, and is left without a trace", async () => {
    const { host, connection } = await registered(name, user);
    const bundle = await realBundle();
    const request = { bundle, config: await config(), signal, onStep: nothing };
    const installed = await provider.install(connection, request);
    expect(installed.wgPublicKey).toBe(await host.sh("wg pubkey </var/lib/cilo-agent/wireguard.key"));
    expect(await provider.inspect(connection, { signal })).toEqual({ version: bundle.version, isRunning: true });

    const process = "pgrep -f cilo-agent/current/[m]ain.js";
    const before = await host.sh(process);
    const steps: string[] = [];
    await provider.install(connection, { ...request, onStep: (step) => void steps.push(step) });
    expect(await host.sh(process)).toBe(before);
    expect(steps.join()).not.toContain("sending");

    await provider.remove(connection, { signal });
    expect(await traces(host)).toBe("");
    expect(await host.sh("docker run --rm busybox echo engine")).toBe("engine");
    expect(await provider.inspect(connection, { signal })).toBeUndefined();
    await provider.remove(connection, { signal });
  });
});

test("the agent runs again after a reboot and after being killed", async () => {
  for (const [name, user] of [
    ["machine-1", "root"],
    ["machine-2", "root"],
  ] as const) {
    const { host, connection } = await registered(name, user);
    await provider.install(connection, { bundle: await realBundle(), config: await config(), signal, onStep: nothing });
    await host.sh("kill -9 $(pgrep -f cilo-agent/current/[m]ain.js)");
    await expect
      .poll(async () => await provider.inspect(connection, { signal }), { timeout: 20_000 })
      .toMatchObject({ isRunning: true });
    await host.restart();
    await expect
      .poll(async () => await provider.inspect(connection, { signal }), { timeout: 20_000 })
      .toMatchObject({ isRunning: true });
    await provider.remove(connection, { signal });
  }
});

test("a version that does not start is taken back: the former one runs, with its configuration", async () => {
  const { host, connection } = await registered("machine-1", "root");
  const bundle = await realBundle();
  const former = await config();
  await provider.install(connection, { bundle, config: former, signal, onStep: nothing });
  const broken = {
    bundle: await brokenBundle(),
    config: await config({ endpoint: "192.0.2.9:51820" }),
    signal,
    onStep: nothing,
  };
  await expect(provider.install(connection, broken)).rejects.toMatchObject({
    code: "INSTALL_FAILED",
    message: expect.stringContaining("the former one runs again"),
  });
  expect(await provider.inspect(connection, { signal })).toEqual({ version: bundle.version, isRunning: true });
  expect(await host.sh("cat /etc/cilo-agent/config.json")).toContain(former.endpoint);
});

test("a copy that was cut off is not installed, and the next try goes through", async () => {
  const { host, connection } = await registered("machine-2", "ops");
  const bundle = await realBundle();
  const damaged = { ...bundle, sha256: "0".repeat(64) };
  const request = { config: await config(), signal, onStep: nothing };
  await expect(provider.install(connection, { ...request, bundle: damaged })).rejects.toMatchObject({
    code: "INSTALL_FAILED",
  });
  const stop = new AbortController();
  const onStep = (step: string): void => {
    if (step.startsWith("sending")) setTimeout(() => stop.abort(new Error("killed")), 150);
  };
  const cut = AbortSignal.any([signal, stop.signal]);
  await expect(provider.install(connection, { ...request, bundle, signal: cut, onStep })).rejects.toThrow("killed");
  expect(await host.sh("ls /opt/cilo-agent/versions 2>/dev/null || :")).toBe("");
  await provider.install(connection, { ...request, bundle });
  expect(await provider.inspect(connection, { signal })).toMatchObject({ isRunning: true });
});

test("a host that shows another key than the pinned or the expected one gets nothing", async () => {
  const host = await testHost("machine-1");
  const target = await letIn(host, "root");
  const { hostKey, fingerprint } = await provider.register(target, { signal });
  expect(await host.sh("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub")).toContain(fingerprint);
  const expectedFingerprint = `SHA256:${"A".repeat(43)}`;
  await expect(provider.register(target, { signal, expectedFingerprint })).rejects.toMatchObject({
    code: "HOST_KEY_MISMATCH",
  });
  const other = await testHost("machine-2");
  await expect(provider.inspect({ ...target, host: other.address, hostKey }, { signal })).rejects.toMatchObject({
    code: "HOST_KEY_MISMATCH",
  });
});

test("sudo that asks for a password, a key that is not let in and a dead host are told apart", async () => {
  const host = await testHost("machine-1");
  const asks = await letIn(host, "asks");
  await expect(provider.register(asks, { signal })).rejects.toMatchObject({
    code: "HOST_UNSUITABLE",
    message: `asks may not use sudo without a password on ${host.address}`,
  });
  await expect(provider.register({ ...asks, user: "dev" }, { signal })).rejects.toMatchObject({
    code: "HOST_LOGIN_REFUSED",
  });
  await expect(provider.register({ ...asks, port: 9 }, { signal })).rejects.toMatchObject({ code: "HOST_UNREACHABLE" });
});

test("the firewall leaves SSH and WireGuard, also after a reboot, and goes with the agent", async () => {
  const { host, connection } = await registered("machine-1", "root");
  const elsewhere = await testHost("server");
  const reaches = async (port: number): Promise<boolean> =>
    (await elsewhere.exec(["timeout", "2", "bash", "-c", `</dev/tcp/${host.address}/${port}`])).exitCode === 0;
  onTestFinished(async () => void (await host.exec(["docker", "rm", "-f", "published"])));
  await host.sh("docker run -d --name published --restart always -p 8088:80 busybox httpd -f");
  await expect.poll(async () => await reaches(8088)).toBe(true);
  await provider.install(connection, {
    bundle: await realBundle(),
    config: await config({ firewall: true }),
    signal,
    onStep: nothing,
  });
  expect([await reaches(22), await reaches(8088)]).toEqual([true, false]);
  await host.restart();
  await expect.poll(async () => await host.sh("nft list tables")).toContain("cilo_firewall");
  expect([await reaches(22), await reaches(8088)]).toEqual([true, false]);
  await provider.remove(connection, { signal });
  await expect.poll(async () => await reaches(8088)).toBe(true);
});

test("what is missing is installed with the system's packages, and goes again with the agent", async () => {
  const { host, connection } = await registered("machine-2", "root");
  await host.sh("apt-get purge -y -q rsync");
  await provider.install(connection, { bundle: await realBundle(), config: await config(), signal, onStep: nothing });
  expect(await host.sh("command -v rsync")).toBe("/usr/bin/rsync");
  await provider.remove(connection, { signal });
  expect(await host.sh("command -v rsync || echo gone; command -v docker")).toBe("gone\n/usr/bin/docker");
  await host.sh("apt-get install -y -q --no-install-recommends rsync");
});
