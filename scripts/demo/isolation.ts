import { type Machine, command } from "../setup/machine.ts";
import { ciloProgram } from "./cilo.ts";
import { type Running, addressOf } from "./environments.ts";

/** Connects by TCP and says `open`, or why not; run by the Node in a shop's worker. */
const probe = `
const [host, port] = process.argv.slice(1);
const socket = require("node:net").connect({ host, port: Number(port), timeout: 2000 });
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
  const trials = environments.flatMap((from) =>
    environments.flatMap((to) => [
      { from, host: addressOf(to, "postgres"), port: 5432, open: from === to },
      { from, host: `web.${to.environment}.test`, port: 80, open: from === to },
    ]),
  );
  const answers = await Promise.all(trials.map((trial) => attempt(machine, trial)));
  for (const [index, { from, host, port, open }] of trials.entries()) {
    const answer = answers[index] ?? "";
    console.log(`  from ${from.environment} to ${host}:${port}: ${answer}`);
    if ((answer === "open") !== open) throw new Error(`${host}:${port} should be ${open ? "open" : "out of reach"}`);
  }
}

async function attempt(machine: Machine, to: { from: Running; host: string; port: number }): Promise<string> {
  const argv = ["exec", to.from.environment, "worker", "--", "node", "-e", probe, to.host, String(to.port)];
  return (await command(machine, [ciloProgram, ...argv])).stdout.trim();
}
