import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type HelperAnswer, type HelperRequest, decodeAnswer, encodeRequest } from "../wireguard/helper-protocol.ts";
import { generatePresharedKey, generateWireGuardKeys } from "../wireguard/keys.ts";
import type { TunnelName } from "../wireguard/tunnel.ts";
import {
  type CallerOptions,
  FORMS,
  type Form,
  type Installed,
  PATH,
  installed,
  pipe,
  source,
} from "./testing-helper.ts";

const signal = AbortSignal.timeout(170_000);
const NAME: TunnelName = "cilo0";
const [ALICE, BOB] = [1001, 1002];
const keys = generateWireGuardKeys();
const create = (name: TunnelName = NAME): HelperRequest => ({ verb: "create", name, mtu: 1280, ...keys });

async function answer(bytes: Promise<Buffer>): Promise<HelperAnswer | undefined> {
  return decodeAnswer(await bytes);
}

async function ask(
  helper: Installed,
  uid: number,
  request: HelperRequest,
  more: CallerOptions = {},
): Promise<"ok" | "denied" | "nothing" | number> {
  return verdict(await answer(helper.as(uid, more)(encodeRequest(request), signal)));
}

function verdict(found: HelperAnswer | undefined): "ok" | "denied" | "nothing" | number {
  if (found === undefined) return "nothing";
  return found.isDenied ? "denied" : (found.errno ?? "ok");
}

const inHost = async (helper: Installed, ...argv: [string, ...string[]]): Promise<string> =>
  (await helper.host.run(argv[0], argv.slice(1), { signal, env: { PATH } })).stdout;

test("rule 1: anything but one whole request of this version is denied, the largest included", async () => {
  const helper = await installed("socket");
  const good = encodeRequest({ verb: "list" });
  const other = (at: number, value: number): Buffer => {
    const bytes = Buffer.from(good);
    bytes.writeUInt8(value, at);
    return bytes;
  };
  const bad = [
    Buffer.alloc(0),
    good.subarray(0, 399),
    Buffer.concat([good, Buffer.of(0)]),
    Buffer.alloc(4096, 1),
    Buffer.alloc(100_000, 1),
    other(0, 0),
    other(4, 0),
    other(6, 2),
    other(7, 0),
    other(7, 9),
    other(9, 255),
  ];
  const verdicts = await Promise.all(bad.map(async (bytes) => verdict(await answer(helper.as(ALICE)(bytes, signal)))));
  expect(verdicts).toEqual(bad.map(() => "denied"));
  expect(verdict(await answer(helper.as(ALICE)(good, signal)))).toBe("ok");
});

test("rule 2: an interface it did not make is neither taken nor touched, also under a name it once gave out", async () => {
  const helper = await installed("socket");
  await inHost(helper, "ip", "link", "add", NAME, "type", "bridge");
  for (const verb of ["create", "destroy", "status"] as const)
    expect(await ask(helper, ALICE, { ...create(), verb })).toBe("denied");
  expect(await ask(helper, ALICE, create("cilo1"))).toBe("ok");
  await inHost(helper, "ip", "link", "del", "cilo1");
  await inHost(helper, "ip", "link", "add", "cilo1", "type", "bridge");
  expect(await ask(helper, ALICE, { verb: "destroy", name: "cilo1" })).toBe("denied");
});

test("rule 3: addresses, allowed addresses and routes outside the pools are denied, as are ports below 1024", async () => {
  const helper = await installed("socket");
  expect(await ask(helper, ALICE, create())).toBe("ok");
  const outside = ["0.0.0.0/0", "10.226.0.0/24", "127.0.0.0/24", "169.254.1.0/24", "224.0.0.0/24", "10.224.0.0/16"];
  const { publicKey } = keys;
  for (const range of outside) {
    expect(await ask(helper, ALICE, { verb: "route", name: NAME, ranges: [range] })).toBe("denied");
    expect(await ask(helper, ALICE, { verb: "address", name: NAME, ranges: [range] })).toBe("denied");
    expect(await ask(helper, ALICE, { verb: "setPeer", name: NAME, publicKey, ranges: [range] })).toBe("denied");
  }
  expect(await ask(helper, ALICE, { verb: "address", name: NAME, ranges: ["10.225.0.0/24"] })).toBe("denied");
  const endpoint = { address: "192.0.2.1", port: 53 };
  expect(await ask(helper, ALICE, { verb: "setPeer", name: NAME, publicKey, endpoint })).toBe("denied");
  expect(await ask(helper, ALICE, { ...create(), listenPort: 443 })).toBe("denied");
  expect(await inHost(helper, "ip", "route")).toBe("");
});

test("rule 4: a user's interfaces are theirs alone, eight of them, with 64 peers each", async () => {
  const helper = await installed("socket");
  expect(await ask(helper, ALICE, create())).toBe("ok");
  for (const verb of ["create", "setPeer", "removePeer", "address", "route", "destroy", "status"] as const)
    expect(await ask(helper, BOB, { ...create(), verb })).toBe("denied");
  for (let number = 1; number < 8; number += 1) expect(await ask(helper, ALICE, create(`cilo${number}`))).toBe("ok");
  expect(await ask(helper, ALICE, create("cilo8"))).toBe("denied");
  expect(await ask(helper, BOB, create("cilo8"))).toBe("ok");
  const peer = (): HelperRequest => ({ verb: "setPeer", name: NAME, publicKey: generateWireGuardKeys().publicKey });
  const first = peer();
  expect(await ask(helper, ALICE, first)).toBe("ok");
  const more = await Promise.all(Array.from({ length: 63 }, () => ask(helper, ALICE, peer())));
  expect(new Set(more)).toEqual(new Set(["ok"]));
  expect(await ask(helper, ALICE, peer())).toBe("denied");
  expect(await ask(helper, ALICE, first)).toBe("ok");
});

test("rule 4: of many that ask at the same time, no more than the quota is given", async () => {
  const helper = await installed("socket");
  const all = Array.from({ length: 12 }, (_, number) => ask(helper, ALICE, create(`cilo${number}`)));
  expect((await Promise.all(all)).filter((one) => one === "ok")).toHaveLength(8);
});

test("rule 5: the one program it starts has fixed arguments, no environment and NET_ADMIN alone", async () => {
  const helper = await installed("setuid");
  expect(await ask(helper, ALICE, create(), { env: { LOG_LEVEL: "verbose", LD_PRELOAD: "/x.so" } })).toBe("ok");
  const script = 'for p in /proc/[0-9]*; do [ "$(cat $p/comm)" = wireguard-go ] && echo $p; done; true';
  const folder = (await inHost(helper, "sh", "-c", script)).trim();
  const read = async (file: string): Promise<string> => await inHost(helper, "cat", `${folder}/${file}`);
  expect(await read("cmdline")).toBe("wireguard-go\0cilo0\0");
  // What wireguard-go adds for its own second start.
  expect((await read("environ")).split("\0").filter((one) => one !== "" && !one.startsWith("WG_"))).toEqual([]);
  const status = await read("status");
  expect(status).toMatch(/^NoNewPrivs:\t1$/mu);
  for (const set of ["CapPrm", "CapEff", "CapBnd", "CapAmb"])
    expect(status).toMatch(new RegExp(`^${set}:\t0000000000001000$`, "mu"));
});

test("rule 5: a wireguard-go that others can change is not started", async () => {
  const config = (folder: string): string => `pool 10.224.0.0/16\nwireguard-go ${folder}/wireguard-go\n`;
  const helper = await installed("socket");
  await writeFile(join(helper.folder, "wireguard-go"), "#!/bin/sh\ntouch /run/started\n", { mode: 0o777 });
  await inHost(helper, "chmod", "777", join(helper.folder, "wireguard-go"));
  await writeFile(join(helper.folder, "helper.conf"), config(helper.folder));
  expect(await ask(helper, ALICE, create())).toBe("nothing");
  expect(await inHost(helper, "ls", "/run")).not.toContain("started");
});

test("rule 6: closed descriptors, ignored signals, timers, limits, groups and folder of the caller's make no difference", async () => {
  const helper = await installed("setuid");
  const hostile = [
    ["sh", "-c", 'exec 2>&-; exec "$@"', "sh"],
    ["sh", "-c", 'trap "" TERM INT ALRM PIPE CHLD; exec "$@"', "sh"],
    ["sh", "-c", 'ulimit -c unlimited; ulimit -n 32; cd /tmp; umask 0; exec "$@"', "sh"],
    ["env", "-i", "LD_PRELOAD=/tmp/x.so", "LD_LIBRARY_PATH=/tmp", "PATH=/tmp"],
  ];
  const verdicts = await Promise.all(hostile.map((before) => ask(helper, ALICE, { verb: "list" }, { before })));
  expect(verdicts).toEqual(["ok", "ok", "ok", "ok"]);
  expect(await inHost(helper, "stat", "-c", "%a %u", "/run/cilo-helper.state")).toBe("600 0\n");
});

test("rule 6: a caller in a network that is not the machine's is denied", async () => {
  const helper = await installed("setuid");
  const bytes = encodeRequest(create());
  const who = ["setpriv", `--reuid=${ALICE}`, "--regid=4200", "--clear-groups", "--", helper.program];
  const apart = await answer(pipe(helper.host, ["unshare", "--net", ...who], bytes, { signal, env: { PATH } }));
  expect(verdict(apart)).toBe("denied");
  expect(verdict(await answer(pipe(helper.host, who, bytes, { signal, env: { PATH } })))).toBe("ok");
});

/** The status of a helper that waits for its request. */
async function waiting(helper: Installed): Promise<string> {
  const find =
    'for p in /proc/[0-9]*; do [ "$(cat $p/comm)" = cilo-helper ] && grep -q "Seccomp:.2" $p/status && cat $p/status; done';
  const started = `(sleep 2 | setpriv --reuid=${ALICE} --regid=4200 --clear-groups ${helper.program} >/dev/null 2>&1) &`;
  const until = `for i in $(seq 100); do s=$(${find}); [ -n "$s" ] && { echo "$s"; break; }; sleep 0.02; done`;
  return await inHost(helper, "sh", "-c", `${started} ${until}`);
}

test("rule 7: while it reads the request it has NET_ADMIN alone, for good, and few system calls", async () => {
  const status = await waiting(await installed("setuid"));
  for (const set of ["CapPrm", "CapEff", "CapBnd"])
    expect(status).toMatch(new RegExp(`^${set}:\t0000000000001000$`, "mu"));
  for (const set of ["CapInh", "CapAmb"]) expect(status).toMatch(new RegExp(`^${set}:\t0{16}$`, "mu"));
  expect(status).toMatch(/^Seccomp:\t2$/mu);
  expect(status).toMatch(/^NoNewPrivs:\t1$/mu);
  expect(status).toMatch(/^Uid:\t0\t0\t0\t0$/mu);
  expect(status).toMatch(/^Groups:\t\s*$/mu);
});

test("rule 8: every denial is the same answer, whatever the reason", async () => {
  const helper = await installed("socket");
  expect(await ask(helper, ALICE, create())).toBe("ok");
  await inHost(helper, "ip", "link", "add", "cilo5", "type", "bridge");
  const denials: readonly [number, Buffer][] = [
    [ALICE, Buffer.alloc(7)],
    [BOB, encodeRequest({ verb: "status", name: NAME })],
    [ALICE, encodeRequest(create("cilo5"))],
    [ALICE, encodeRequest({ verb: "route", name: NAME, ranges: ["10.9.0.0/24"] })],
  ];
  const answers = await Promise.all(
    denials.map(async ([uid, bytes]) => (await helper.as(uid)(bytes, signal)).toString("hex")),
  );
  expect(new Set(answers).size).toBe(1);
});

test("rule 8: a configuration that others can change is not read", async () => {
  for (const form of FORMS) {
    const helper = await installed(form);
    await inHost(helper, "chmod", "666", join(helper.folder, "helper.conf"));
    expect(await ask(helper, ALICE, { verb: "list" })).toBe("nothing");
  }
});

test("rule 9: keys are in no answer, no log and no file; each action has its line", async () => {
  const helper = await installed("socket");
  const presharedKey = generatePresharedKey();
  const peer: HelperRequest = {
    verb: "setPeer",
    name: NAME,
    publicKey: generateWireGuardKeys().publicKey,
    presharedKey,
  };
  expect(await ask(helper, ALICE, create())).toBe("ok");
  expect(await ask(helper, ALICE, peer)).toBe("ok");
  expect(await ask(helper, BOB, peer)).toBe("denied");
  const told = await helper.as(ALICE)(encodeRequest({ verb: "status", name: NAME }), signal);
  expect(told.toString()).toContain("public_key=");
  const state = (
    await helper.host.run("od", ["-An", "-v", "-tx1", "/run/cilo-helper.state"], { signal, env: { PATH } })
  ).stdout;
  const everything = [told.toString("latin1"), told.toString("hex"), helper.audit(), state.replaceAll(/\s/gu, "")].join(
    "\n",
  );
  for (const secret of [keys.privateKey, presharedKey]) {
    const bytes = Buffer.from(secret, "base64");
    for (const spelled of [secret, bytes.toString("hex"), bytes.toString("latin1")])
      expect(everything.includes(spelled)).toBe(false);
  }
  expect(helper.audit()).toContain("uid=1001 verb=create interface=0 result=ok errno=0\n");
  expect(helper.audit()).toContain("uid=1001 verb=set-peer interface=0 result=ok errno=0\n");
  expect(helper.audit()).toContain("uid=1002 verb=set-peer interface=0 result=denied errno=0\n");
});

test.each(FORMS)("who is not in the group cannot ask: %s", async (form: Form) => {
  const helper = await installed(form);
  expect(await ask(helper, ALICE, { verb: "list" }, { groups: 4300 })).toBe("nothing");
  expect(await ask(helper, ALICE, { verb: "list" })).toBe("ok");
});

test("it is small: at most 600 lines that are neither blank nor comment", async () => {
  const names = ["main.c", "netlink.c", "wireguard.c", "validate.c", "privilege.c", "helper.h"];
  const texts = await Promise.all(names.map((name) => readFile(join(source, name), "utf8")));
  const code = texts
    .join("\n")
    .replaceAll(/\/\*[\s\S]*?\*\//gu, "")
    .split("\n")
    .filter((line) => line.trim() !== "");
  expect(code.length).toBeLessThanOrEqual(600);
});
