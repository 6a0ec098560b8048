import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { poll } from "@cilo/base";
import { afterAll, beforeAll, expect, test } from "vitest";
import { thisSystem } from "../system-access.ts";
import { systemdResolved } from "./systemd-resolved.ts";

/*
 * A machine whose first process is systemd: a container of Debian, made by debootstrap. That takes minutes, so only
 * `npm run test:long` does it; the rest of the time the unit's text stands for it.
 */
const long = process.env["CILO_TEST_LONG"] === "1";
const signal = new AbortController().signal;
const repository = join(import.meta.dirname, "../../../../..");
const image = `cilo-test-systemd-${process.pid}`;

test("the unit sends exactly the registered suffixes to exactly our port", async () => {
  const system = thisSystem({ platform: "linux", env: {}, root: "/nonexistent" });
  const old = { ...system, run: async () => ({ exitCode: 0, stdout: "systemd 252 (252.39)", stderr: "" }) };
  const [edit] = await systemdResolved.edits(old, { dnsPort: 6000, suffixes: [".test", ".dev.internal"] }, signal);
  const unit = edit?.render(undefined) ?? "";
  expect(unit).toContain("ExecStart=resolvectl dns cilo-dns 127.0.0.1:6000\n");
  expect(unit).toContain("ExecStart=resolvectl domain cilo-dns ~test ~dev.internal\n");
  expect(unit).toContain("ExecStart=resolvectl default-route cilo-dns false\n");
});

const CAPABILITIES =
  "NET_ADMIN SYS_ADMIN SYS_PTRACE SYS_NICE SYS_MODULE SYS_RAWIO SYS_TIME SYS_BOOT SYS_PACCT SYS_TTY_CONFIG SYSLOG MAC_ADMIN IPC_LOCK IPC_OWNER LEASE LINUX_IMMUTABLE NET_BROADCAST BLOCK_SUSPEND WAKE_ALARM AUDIT_CONTROL AUDIT_READ DAC_READ_SEARCH".split(
    " ",
  );

async function command(file: string, ...args: string[]): Promise<string> {
  return (await promisify(execFile)(file, args, { maxBuffer: 64 * 1024 * 1024 })).stdout.trim();
}

/** Every file of /etc but resolv.conf and what NetworkManager itself keeps: mode, owner, content. */
const SNAPSHOT = `cd /etc && find . -not -name resolv.conf -not -path './NetworkManager/system-connections*' | sort | while read -r f; do
  stat -c '%n %a %U %F' "$f"; [ -f "$f" ] && md5sum "$f"; [ -L "$f" ] && readlink "$f"; true; done`;

const CILO = `
  import { createNames, createResolverSetup } from "${join(repository, "packages/network/src/index.ts")}";
  const signal = new AbortController().signal;
  const names = createNames({ dir: "/root/cilo/dns", env: process.env });
  const resolver = createResolverSetup({ dir: "/root/cilo/dns", env: process.env });
  const web = { service: "web", label: "web", addresses: [{ index: 1, address: "10.9.0.2" }], hostnames: [], ingress: true };
  if (process.argv[1] === "undo") {
    await resolver.undo({ signal });
    await names.stop({ signal });
  } else {
    await names.start({ signal });
    const { kind, changed } = await resolver.init({ dnsPort: 5354, suffixes: [".test"] }, { signal });
    await names.publish({ project: "shop", environment: "dev", suffix: ".test" }, [web], { signal });
    console.log(kind, changed);
  }`;

interface Machine extends AsyncDisposable {
  sh(script: string): Promise<string>;
  cilo(action: "init" | "undo"): Promise<string>;
  /** The address a program of the machine finds, `""` for none. */
  getent(name: string): Promise<string>;
  restart(): Promise<void>;
}

async function newMachine(): Promise<Machine> {
  const options = [
    ...CAPABILITIES.flatMap((capability) => ["--cap-add", capability]),
    ...["seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined"].flatMap((option) => [
      "--security-opt",
      option,
    ]),
    ...["/run", "/run/lock", "/tmp"].flatMap((folder) => ["--tmpfs", folder]),
    "--cgroupns=host",
    "--volume=/sys/fs/cgroup:/sys/fs/cgroup:rw",
    `--volume=${repository}:${repository}:ro`,
  ];
  const id = await command("docker", "run", "-d", "-e", "container=docker", ...options, image, "/sbin/init");
  const inside = (...args: string[]): Promise<string> => command("docker", "exec", id, ...args);
  const isUp = async (): Promise<boolean> =>
    /running|degraded/u.test(await inside("sh", "-c", "systemctl is-system-running || true"));
  const booted = () => poll(isUp, { signal, timeoutMs: 60_000, intervalMs: 100, what: "systemd to be up" });
  await booted();
  return {
    sh: (script) => inside("sh", "-c", script),
    cilo: (action) => inside(process.execPath, "--input-type=module", "-e", CILO, "--", action),
    getent: async (name) => (await inside("sh", "-c", `getent ahostsv4 ${name} || true`)).split(/\s/u)[0] ?? "",
    async restart() {
      await command("docker", "restart", "-t", "5", id);
      await booted();
    },
    async [Symbol.asyncDispose]() {
      await command("docker", "rm", "-f", id);
    },
  };
}

/** The user's own server, on an address of the machine; it knows example.org and logs what it is asked. */
const userServer = (address: string): string =>
  `dnsmasq --conf-file=/dev/null --no-resolv --no-hosts --listen-address=${address} --bind-interfaces --user=root --address=/example.org/192.0.2.7 --address=/#/ --log-queries --log-facility=/tmp/user.log`;

if (long) {
  beforeAll(async () => {
    const root = await mkdtemp(join(tmpdir(), "cilo-systemd-"));
    try {
      const packages = "systemd-sysv,dbus,systemd-resolved,libnss-resolve,dnsmasq-base,iproute2,procps,ca-certificates";
      await command("debootstrap", "--variant=minbase", `--include=${packages}`, "bookworm", root);
      // Debootstrap cannot configure NetworkManager in the order it takes.
      await command("sh", "-c", `rm -f ${root}/etc/resolv.conf && cp /etc/resolv.conf ${root}/etc/`);
      await command("chroot", root, "apt-get", "install", "-y", "--no-install-recommends", "network-manager");
      await command("sh", "-c", `rm -f ${root}/etc/resolv.conf && tar -C ${root} -c . | docker import - ${image}`);
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  }, 1_800_000);

  afterAll(async () => {
    await command("docker", "rmi", "-f", image);
  });

  test("systemd-resolved: our names alone come to us, also after a restart and a reboot, and undo leaves /etc as it was", async () => {
    await using machine = await newMachine();
    const useStub = `umount /etc/resolv.conf; ln -sf ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf
      systemctl disable --now NetworkManager; systemctl restart systemd-resolved
      sed -i 's/^hosts:.*/hosts: files resolve [!UNAVAIL=return] dns/' /etc/nsswitch.conf`;
    const ownServer = `ip=$(ip -4 -o address show eth0 | tr -s ' ' | cut -d' ' -f4 | cut -d/ -f1); resolvectl dns eth0 $ip; resolvectl default-route eth0 true`;
    await machine.sh(useStub);
    await machine.sh(
      `ip=$(ip -4 -o address show eth0 | tr -s ' ' | cut -d' ' -f4 | cut -d/ -f1); ${userServer("$ip")}; ${ownServer}`,
    );
    const before = await machine.sh(SNAPSHOT);
    expect(await machine.cilo("init")).toBe("systemd-resolved true");
    expect(await machine.cilo("init")).toBe("systemd-resolved false");
    expect(await machine.getent("web.dev.test")).toBe("10.9.0.2");
    expect(await machine.getent("x.shop.dev.test")).toBe("10.9.0.2");
    expect(await machine.getent("example.org")).toBe("192.0.2.7");
    expect(await machine.sh("grep -c 'query.*test ' /tmp/user.log || true")).toBe("0");
    await machine.sh("systemctl restart systemd-resolved");
    const isFound = async () => (await machine.getent("web.dev.test")) === "10.9.0.2";
    await poll(isFound, { signal, timeoutMs: 20_000, intervalMs: 50, what: "our names after a restart of resolved" });
    await machine.sh(ownServer);
    await machine.cilo("undo");
    expect(await machine.sh(SNAPSHOT)).toBe(before);
    expect(await machine.getent("web.dev.test")).toBe("");
    expect(await machine.getent("example.org")).toBe("192.0.2.7");
    await machine.cilo("init");
    await machine.restart();
    expect(await machine.sh("resolvectl domain cilo-dns")).toContain("~test");
  });

  test("NetworkManager: our names and the user's own server's are found, and undo leaves /etc as it was", async () => {
    await using machine = await newMachine();
    // Debian's resolved brings a resolvconf of its own, which NetworkManager would use.
    await machine.sh(`umount /etc/resolv.conf; rm -f /etc/resolv.conf /sbin/resolvconf /usr/sbin/resolvconf
      systemctl disable --now systemd-resolved; sed -i 's/^hosts:.*/hosts: files dns/' /etc/nsswitch.conf
      ip link add own0 type veth peer name own1; ip link set own1 up; systemctl restart NetworkManager`);
    await machine.sh(`nmcli device set own1 managed no; nmcli device set own0 managed yes
      nmcli connection add type ethernet con-name own ifname own0 ipv4.method manual ipv4.addresses 192.0.2.50/24 ipv4.dns 192.0.2.50 ipv6.method disabled
      nmcli connection up own; ${userServer("192.0.2.50")}`);
    const isWritten = () => machine.sh("grep -q 192.0.2.50 /etc/resolv.conf && echo yes || true");
    const waiting = { signal, timeoutMs: 20_000, intervalMs: 50 };
    await poll(async () => (await isWritten()) === "yes", { ...waiting, what: "NetworkManager's resolv.conf" });
    const before = await machine.sh(SNAPSHOT);
    expect(await machine.cilo("init")).toBe("networkmanager true");
    expect(await machine.cilo("init")).toBe("networkmanager false");
    expect(await machine.getent("web.dev.test")).toBe("10.9.0.2");
    expect(await machine.getent("example.org")).toBe("192.0.2.7");
    await machine.cilo("undo");
    expect(await machine.sh(SNAPSHOT)).toBe(before);
    await poll(async () => (await isWritten()) === "yes", { ...waiting, what: "resolv.conf as it was" });
    expect(await machine.getent("example.org")).toBe("192.0.2.7");
    expect(await machine.getent("web.dev.test")).toBe("");
  });
}
