/**
 * `npm run testbed -- COMMAND`: a server, two machines and two laptops on this machine, each a container with its own
 * network, sshd and (machines) engines. `usage` below has the commands.
 */
import { attach, CiloError } from "@cilo/base";
import { type Machine, command, describeMachine, hasProgram } from "../scripts/setup/machine.ts";
import { prepareMachine } from "../scripts/setup/prepare.ts";
import { runScript } from "../scripts/setup/script.ts";
import { cut, delayPackets, dropPackets, heal, kill, pause, restart, resume } from "./faults.ts";
import { startServer } from "./server.ts";
import { statusOf } from "./status.ts";
import { prepareTestbed, removeTestbed, startHosts } from "./testbed.ts";
import { type Host, checkout, hostNamed, topologyOf } from "./topology.ts";

const usage = `npm run testbed -- COMMAND

  up                          start the hosts and the server, and register both machines;
                              what an earlier up left is removed first
  down                        remove every host, volume and network of it
  status [--json]             the hosts and their addresses
  exec [--user U] HOST -- CMD run a command on a host (laptops: as dev, others: as root)
  shell [--user U] HOST       a shell on a host
  cut HOST [OTHER]            let no packet pass, between two hosts or at all
  drop HOST PERCENT           lose packets
  delay HOST MS               delay packets
  heal HOST                   take back cut, drop and delay
  pause HOST | resume HOST    freeze and thaw all its processes
  kill HOST                   end it as a power failure does
  restart HOST                reboot it, or start it after a kill

hosts: server, machine-1, machine-2, laptop-1, laptop-2
`;

const topology = topologyOf(checkout);

type Action = (machine: Machine, args: readonly string[]) => Promise<void>;

const actions: Readonly<Record<string, Action>> = {
  up,
  down: async (machine) => await removeTestbed(machine, topology),
  status,
  exec: async (machine, args) => await enter(machine, args),
  shell: async (machine, [...args]) => await enter(machine, [...args, "--", "sh", "-lc", 'exec "$SHELL" -l']),
  cut: async (machine, [host, other]) =>
    await cut(machine, hostOf(host), other === undefined ? undefined : hostOf(other)),
  drop: async (machine, [host, percent]) => await dropPackets(machine, hostOf(host), wholeNumber(percent)),
  delay: async (machine, [host, delayMs]) => await delayPackets(machine, hostOf(host), wholeNumber(delayMs)),
  heal: async (machine, [host]) => await heal(machine, hostOf(host)),
  pause: async (machine, [host]) => await pause(machine, hostOf(host)),
  resume: async (machine, [host]) => await resume(machine, hostOf(host)),
  kill: async (machine, [host]) => await kill(machine, hostOf(host)),
  restart: async (machine, [host]) => await restart(machine, hostOf(host)),
};

await runScript(async (signal) => {
  const machine = await describeMachine(signal);
  const [name = "help", ...args] = process.argv.slice(2).filter((argument) => argument !== "--yes");
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action === undefined) {
    if (name === "help" || name === "--help") return void process.stdout.write(usage);
    throw new CiloError("TESTBED_USAGE", `there is no command ${name}`, { hint: "npm run testbed -- help" });
  }
  await action(machine, args);
});

async function up(machine: Machine): Promise<void> {
  // Tests of what is done over SSH call it from here.
  const packages = (await hasProgram("ssh")) ? [] : ["openssh-client"];
  await prepareMachine(machine, { programs: ["mmdebstrap"], packages });
  if ((await attach("node", ["scripts/build.ts"], { signal: machine.signal, env: process.env })) !== 0)
    throw new CiloError("TESTBED_BUILD", "the commands of this checkout do not build");
  const prepared = await prepareTestbed(machine);
  const started = performance.now();
  await removeTestbed(machine, topology);
  await startHosts(machine, topology, prepared);
  await startServer(machine, topology);
  await status(machine, []);
  console.log(`\nthe testbed is up after ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

async function status(machine: Machine, args: readonly string[]): Promise<void> {
  const found = await statusOf(machine, topology);
  if (args.includes("--json")) return console.log(JSON.stringify(found));
  for (const host of found.hosts) console.log(`${host.name.padEnd(11)}${host.address.padEnd(16)}${host.state}`);
  if (found.serverUrl !== undefined) console.log(`server at ${found.serverUrl}`);
}

async function enter(machine: Machine, args: readonly string[]): Promise<void> {
  const user = args[0] === "--user" ? args[1] : undefined;
  const [name, ...rest] = user === undefined ? args : args.slice(2);
  const host = hostOf(name);
  const argv = rest[0] === "--" ? rest.slice(1) : rest;
  if (argv.length === 0) throw new CiloError("TESTBED_USAGE", "exec needs a command", { hint: "exec HOST -- CMD…" });
  const terminal = process.stdin.isTTY && process.stdout.isTTY ? ["--tty"] : [];
  const options = ["--interactive", ...terminal, ...(await userOptions(machine, host, user))];
  process.exitCode = await attach("docker", ["exec", ...options, host.container, ...argv], {
    signal: machine.signal,
    env: process.env,
  });
}

async function userOptions(machine: Machine, host: Host, asked: string | undefined): Promise<string[]> {
  const user = asked ?? (host.role === "laptop" ? "dev" : "root");
  const entry = await command(machine, ["docker", "exec", host.container, "getent", "passwd", user]);
  const [, , , , , home = "/", shell = "/bin/sh"] = entry.stdout.trim().split(":");
  return [
    "--user",
    user,
    "--workdir",
    home,
    "--env",
    `HOME=${home}`,
    "--env",
    `USER=${user}`,
    "--env",
    `SHELL=${shell}`,
  ];
}

function hostOf(name: string | undefined): Host {
  return hostNamed(topology, name ?? "");
}

function wholeNumber(text: string | undefined): number {
  if (text !== undefined && /^\d{1,6}$/u.test(text)) return Number(text);
  throw new CiloError("TESTBED_USAGE", `expected a whole number, not ${text ?? "nothing"}`);
}
