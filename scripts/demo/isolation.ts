import { type Machine, command } from "../setup/machine.ts";
import { ciloProgram } from "./cilo.ts";
import { type Running, addressOf } from "./environments.ts";

/** Connects by TCP and says `open`, or why not; run by the Node in a shop's worker. */
const probe = `
const [host, port] = process.argv.slice(1);
const socket = require("node:net").connect({ host, port: Number(port), timeout: 3000 });
const end = (word) => { console.log(word); process.exit(0); };
socket.once("connect", () => end("open"));
socket.once("timeout", () => end("no answer"));
socket.once("error", (error) => end(error.code));
`;

/**
 * From inside each environment tries the other's database and web server, by address and by name; fails when one
 * answers. Its own must answer, or the trial would prove nothing.
 */
export async function proveIsolation(machine: Machine, environments: readonly Running[]): Promise<void> {
  for (const from of environments) {
    await expectAnswer(machine, from, { host: addressOf(from, "postgres"), port: 5432, open: true });
    await expectAnswer(machine, from, { host: `web.${from.environment}.test`, port: 80, open: true });
    for (const other of environments.filter((candidate) => candidate !== from)) {
      await expectAnswer(machine, from, { host: addressOf(other, "postgres"), port: 5432, open: false });
      await expectAnswer(machine, from, { host: `web.${other.environment}.test`, port: 80, open: false });
    }
  }
}

async function expectAnswer(
  machine: Machine,
  from: Running,
  target: { host: string; port: number; open: boolean },
): Promise<void> {
  const argv = ["exec", from.environment, "worker", "--", "node", "-e", probe, target.host, String(target.port)];
  const word = (await command(machine, [ciloProgram, ...argv])).stdout.trim();
  console.log(`  from ${from.environment} to ${target.host}:${target.port}: ${word}`);
  if ((word === "open") !== target.open)
    throw new Error(`expected ${target.host}:${target.port} to be ${target.open ? "open" : "out of reach"}`);
}
