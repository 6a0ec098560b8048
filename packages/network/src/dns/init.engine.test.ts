import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, expect, test } from "vitest";

/*
 * A machine of its own: private mounts with a resolv.conf of the test's (bind-mounted, as containers have it), a
 * private network, and the user's own nameserver at 127.0.0.9, which knows example.org and logs what it is asked.
 */
const folders: string[] = [];

afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
});

const PRELUDE = `
  import { execFileSync } from "node:child_process";
  import { lookup } from "node:dns/promises";
  import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
  import { poll } from "@cilo/base";
  import { createNames, createResolverSetup } from "${join(import.meta.dirname, "../index.ts")}";
  const [root] = process.argv.slice(1);
  const signal = new AbortController().signal;
  const dir = root + "/dns";
  const names = createNames({ dir, env: process.env });
  const resolver = createResolverSetup({ dir, env: process.env });
  const settings = { dnsPort: 5354, suffixes: [".test"] };
  const web = { service: "web", label: "web", addresses: [{ index: 1, address: "10.9.0.2" }], hostnames: [], ingress: true };
  const publish = () => names.publish({ project: "shop", environment: "dev", suffix: ".test" }, [web], { signal });
  const getent = (name) => {
    try { return execFileSync("getent", ["ahostsv4", name], { encoding: "utf8" }).split(/\\s/)[0]; } catch { return "none"; }
  };
  const text = () => readFileSync("/etc/resolv.conf", "latin1");
  const state = () => { const { ino, mode, uid, gid } = statSync("/etc/resolv.conf"); return JSON.stringify([ino, mode, uid, gid, text()]); };
  const asked = () => readFileSync(root + "/upstream.log", "utf8").split("\\n").flatMap((line) => /query\\[A\\] (\\S+)/.exec(line)?.[1] ?? []);
  const dnsmasqs = () => readdirSync("/proc").filter((name) => {
    try { return readFileSync("/proc/" + name + "/comm", "utf8") === "dnsmasq\\n" && readFileSync("/proc/" + name + "/cmdline", "utf8").includes(dir); } catch { return false; }
  }).length;
  const pid = (name) => Number(readFileSync(dir + "/" + name + ".pid", "utf8"));
`;

async function onMachine(
  script: string,
  resolvConf = "search lan\nnameserver 127.0.0.9\noptions timeout:2\n",
): Promise<unknown> {
  const root = await mkdtemp(join(tmpdir(), "cilo-resolver-"));
  folders.push(root);
  await writeFile(join(root, "resolv.conf"), resolvConf, { mode: 0o640 });
  const upstream = `dnsmasq --conf-file=/dev/null --no-resolv --no-hosts --listen-address=127.0.0.9 --bind-interfaces --user=root
    --address=/example.org/192.0.2.7 --address=/#/ --log-queries --log-facility=${root}/upstream.log --pid-file=${root}/upstream.pid`;
  const setUp = `ip link set lo up && ip addr add 192.0.2.50/32 dev lo && mount --bind ${root}/resolv.conf /etc/resolv.conf && ${upstream.replaceAll("\n", " ")}`;
  // The pid namespace ends whatever is left running with its first process.
  const unshare = ["--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child"];
  const asRoot = process.getuid?.() === 0 ? unshare : ["--map-root-user", ...unshare];
  const body = `${PRELUDE}\n${script}\nprocess.exit(0);`;
  const args = [
    ...asRoot,
    "sh",
    "-c",
    `${setUp} && exec "$0" "$@"`,
    process.execPath,
    "--input-type=module",
    "-e",
    body,
    "--",
    root,
  ];
  const answer = await promisify(execFile)("unshare", args, {
    cwd: import.meta.dirname,
    env: { PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
    timeout: 170_000,
  });
  return JSON.parse(answer.stdout.trim().split("\n").at(-1) ?? "null");
}

test("plain resolv.conf: programs find our names, and other names through the user's own server alone", async () => {
  const found = await onMachine(`
    const before = getent("example.org");
    await names.start({ signal });
    const { kind } = await resolver.init(settings, { signal });
    await publish();
    const found = { kind, before, web: getent("web.dev.test"), wildcard: getent("x.shop.dev.test"), example: getent("example.org"), none: getent("nobody.test") };
    found.node = (await lookup("web.dev.test")).address;
    found.nodeOther = (await lookup("example.org")).address;
    found.leaked = asked().filter((name) => name.endsWith(".test") && name !== "nobody.test.lan");
    console.log(JSON.stringify(found));`);
  expect(found).toEqual({
    kind: "resolv-conf",
    before: "192.0.2.7",
    web: "10.9.0.2",
    wildcard: "10.9.0.2",
    example: "192.0.2.7",
    none: "none",
    node: "10.9.0.2",
    nodeOther: "192.0.2.7",
    leaked: [],
  });
});

test("plain resolv.conf: init twice and undo leave the very same file, in place, and nothing running", async () => {
  const found = await onMachine(`
    const before = state();
    await names.start({ signal });
    const first = await resolver.init(settings, { signal });
    const changed = state() !== before;
    const second = await resolver.init(settings, { signal });
    await resolver.undo({ signal });
    await resolver.undo({ signal });
    await names.stop({ signal });
    const running = dnsmasqs();
    console.log(JSON.stringify({ changed, first: first.changed, second: second.changed, same: state() === before, running }));`);
  expect(found).toEqual({ changed: true, first: true, second: false, same: true, running: 0 });
});

test("plain resolv.conf: without our forwarder other names are still found, and the next root command mends it", async () => {
  const found = await onMachine(`
    await names.start({ signal });
    await resolver.init(settings, { signal });
    process.kill(pid("forwarder"), "SIGKILL");
    await poll(async () => !(await resolver.status([".test"], { signal })).forwarderAnswers, { signal, timeoutMs: 5000, what: "the end" });
    const without = { example: getent("example.org"), ours: getent("cilo-check.test") };
    await resolver.ensureForwarder({ signal });
    console.log(JSON.stringify({ without, ours: getent("cilo-check.test"), example: getent("example.org") }));`);
  expect(found).toEqual({ without: { example: "192.0.2.7", ours: "none" }, ours: "127.0.0.1", example: "192.0.2.7" });
});

test("plain resolv.conf: when somebody rewrote the file, undo keeps what they wrote and takes out our line alone", async () => {
  const found = await onMachine(`
    await names.start({ signal });
    await resolver.init(settings, { signal });
    writeFileSync("/etc/resolv.conf", "# new network\\n" + text().replace("search lan\\n", ""));
    const again = await resolver.init(settings, { signal });
    const { files } = await resolver.undo({ signal });
    const afterUndo = text();
    await resolver.init(settings, { signal });
    writeFileSync("/etc/resolv.conf", text() + "# more\\n");
    const second = await resolver.undo({ signal });
    console.log(JSON.stringify({ again: again.changed, files, afterUndo, second: second.files, text: text() }));`);
  const path = "/etc/resolv.conf";
  const text = "# new network\nnameserver 127.0.0.9\noptions timeout:2\n";
  expect(found).toEqual({
    again: false,
    files: [{ path, result: "restored" }],
    afterUndo: text,
    second: [{ path, result: "part removed" }],
    text: `${text}# more\n`,
  });
});

test("plain resolv.conf: a program on port 53 is named, and nothing is changed", async () => {
  const found = await onMachine(
    `const before = state();
    execFileSync("dnsmasq", ["--conf-file=/dev/null", "--no-resolv", "--listen-address=127.0.0.1", "--bind-interfaces", "--address=/example.org/192.0.2.8", "--user=root", "--pid-file=" + root + "/theirs.pid"]);
    await names.start({ signal });
    const error = await resolver.init(settings, { signal }).catch((cause) => ({ code: cause.code, message: cause.message, hint: cause.hint }));
    console.log(JSON.stringify({ error, same: state() === before, example: getent("example.org") }));`,
    "nameserver 127.0.0.1\nnameserver 127.0.0.9\n",
  );
  expect(found).toEqual({
    same: true,
    example: "192.0.2.8",
    error: {
      code: "DNS_PORT_TAKEN",
      message: expect.stringMatching(/^port 53 of 127\.0\.0\.1 is taken by dnsmasq \(process \d+\)$/u),
      hint: expect.stringContaining("server=/test/127.0.0.1#5354"),
    },
  });
});
