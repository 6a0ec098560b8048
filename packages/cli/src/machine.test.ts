import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { defaultMachine, readMachine, writeMachine } from "./machine.ts";

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "cilo-machine-"));
  const made = home;
  onTestFinished(async () => await rm(made, { recursive: true, force: true }));
});

test("what was chosen for the machine is read back; before that the defaults hold", async () => {
  expect(await readMachine(home)).toEqual(defaultMachine);
  const chosen = {
    dnsPort: 5400,
    baseSubnet: "172.28.0.0/16",
    suffixes: [".test", ".dev"],
    addressing: "loopback",
    isInitialised: true,
  } as const;
  await writeMachine(home, chosen);
  expect(await readMachine(home)).toEqual(chosen);
});

const valid = { version: 1, dnsPort: 5354, baseSubnet: "10.223.0.0/16", suffixes: [".test"] };

test.each([
  ["no JSON", "{", "is damaged"],
  ["a port that is none", { ...valid, dnsPort: 0 }, "is damaged"],
  ["a range that is none", { ...valid, baseSubnet: "10.223/16" }, '"10.223/16" is not an IPv4 range'],
  ["a range with host bits", { ...valid, baseSubnet: "10.223.0.1/16" }, "host bits"],
  ["a public range", { ...valid, baseSubnet: "8.8.0.0/16" }, "not a private range"],
  ["a suffix without its dot", { ...valid, suffixes: ["test"] }, '"test" is no domain'],
])("a file that was edited into %s is refused before anything is done, by its path", async (_, content, why) => {
  const path = join(home, "machine.json");
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  await expect(readMachine(home)).rejects.toMatchObject({
    code: "MACHINE_INVALID",
    message: expect.stringMatching(new RegExp(`^${path}.*${why}`, "u")),
    hint: expect.stringContaining("cilo init"),
  });
});
