import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import * as fc from "fast-check";
import { keysIn } from "./host-key.ts";
import { readLook } from "./host-facts.ts";
import { composeIn } from "./packages.ts";
import { scriptInput } from "./quote.ts";
import { sshOptions } from "./ssh-session.ts";

const key = "AAAAC3NzaC1lZDI1NTE5AAAAIB6GzRk9Hy4zvE2Rr0D5Q8vC0X1rW4o5m2J6m9Jr0c1q";

test("whatever is passed to a script arrives as one argument and is never read as shell", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.string({ unit: "binary" }).filter((text) => !text.includes("\0")),
        { maxLength: 4 },
      ),
      (args) => {
        const input = scriptInput(`printf '%s\\0' "$#" "$@"`, args);
        const printed = execFileSync("/bin/sh", ["-s"], { input }).toString();
        expect(printed).toBe([String(args.length), ...args].map((one) => `${Buffer.from(one).toString()}\0`).join(""));
      },
    ),
    { numRuns: 50 },
  );
  expect(() => scriptInput("true", ["a\0b"])).toThrow("NUL");
});

test("OpenSSH is told to take the pinned key and no other, to ask nothing and to forward nothing", () => {
  const options = sshOptions(
    { host: "h", port: 2222, user: "ops", keyPath: "/k", hostKey: `ssh-ed25519 ${key}` },
    "/tmp/x",
  ).join(" ");
  for (const wanted of [
    "StrictHostKeyChecking=yes",
    "UserKnownHostsFile=/tmp/x/known_hosts",
    "GlobalKnownHostsFile=/dev/null",
    "HostKeyAlgorithms=ssh-ed25519",
    "BatchMode=yes",
    "ForwardAgent=no",
    "IdentitiesOnly=yes",
    "-p 2222 -l ops -i /k",
  ])
    expect(options).toContain(wanted);
});

test("of a host's keys the strongest kind is pinned, and lines that are none are passed over", () => {
  const output = `# h:22 SSH-2.0\nh ssh-rsa AAAAB3Nz\nh ssh-ed25519 ${key}\nh ssh-dss AAAA\nnonsense\n`;
  expect(keysIn(output).map(({ line }) => line)).toEqual([`ssh-ed25519 ${key}`, "ssh-rsa AAAAB3Nz"]);
});

test("the old docker-compose is not taken for version 2", () => {
  expect(composeIn("docker-compose 1.29.2-3")).toEqual([]);
  expect(composeIn("docker-compose 2.26.1-4")).toEqual(["docker-compose"]);
  expect(composeIn("docker-compose-v2 2.24.6+ds1-0ubuntu1\ndocker-compose 1.29.2-6")).toEqual(["docker-compose-v2"]);
});

const found = {
  system: "Linux",
  machine: "x86_64",
  distribution: "debian",
  version: "12",
  memoryMb: "2000",
  cpus: "2",
  diskFreeMb: "9000",
  tun: "yes",
  end: "yes",
};

test.each([
  { change: { machine: "riscv64" }, says: "architecture riscv64" },
  { change: { diskFreeMb: "12" }, says: "12 MB free" },
  { change: { tun: "no" }, says: "neither WireGuard" },
  { change: { system: "FreeBSD" }, says: "runs FreeBSD" },
  { change: { end: "" }, says: "cut short" },
])("a host that will not do is refused with the reason: $says", ({ change, says }) => {
  const output = (facts: object): string =>
    Object.entries(facts)
      .map(([name, value]) => `${name}=${String(value)}\n`)
      .join("");
  expect(() => readLook("h", output({ ...found, ...change }))).toThrow(says);
  expect(readLook("h", output(found)).facts.architecture).toBe("x64");
});
