import { join } from "node:path";
import { CiloError, isCiloError, poll, run } from "@cilo/base";
import { NetworkCode } from "../errors.ts";
import { invokingUser, isRoot } from "../owner.ts";
import { findDnsmasq } from "./find-dnsmasq.ts";
import { type Instance, type ProcessContext, hasEnded, pidFileOf, pidOf, signalProcess } from "./instance.ts";

/** What every instance has: nothing of the system's configuration, loopback only, no upstream of its own. */
const COMMON_ARGS = ["--bind-interfaces", "--no-resolv", "--no-hosts", "--no-negcache"];

/**
 * Starts the instance; when this returns it listens.
 * @throws CiloError `DNSMASQ_MISSING`, `DNS_PORT_TAKEN`, `DNS_FAILED`
 */
export async function startInstance(instance: Instance, context: ProcessContext): Promise<void> {
  const program = await findDnsmasq(context);
  const args = [
    // The first --conf-file keeps /etc/dnsmasq.conf out; /dev/null because there has to be one.
    ...(instance.args.some((arg) => arg.startsWith("--conf-file=")) ? [] : ["--conf-file=/dev/null"]),
    ...COMMON_ARGS,
    ...(await userArgs(context)),
    `--listen-address=${instance.address ?? "127.0.0.1"}`,
    `--port=${instance.port}`,
    `--pid-file=${pidFileOf(instance)}`,
    `--log-facility=${join(instance.dir, `${instance.name}.log`)}`,
    ...instance.args,
  ];
  try {
    await run(program, args, { signal: context.signal, env: { PATH: context.env["PATH"], LC_ALL: "C" } });
  } catch (error) {
    if (isCiloError(error, "COMMAND_FAILED")) throw startFailed(instance, error);
    throw error;
  }
}

/** Ends the instance, if it runs, and waits until its port is free. */
export async function stopInstance(instance: Instance, context: ProcessContext): Promise<void> {
  const pid = await pidOf(instance, context);
  if (pid === undefined) return;
  signalProcess(pid, "SIGTERM");
  const isGone = (): Promise<boolean> => hasEnded(pid, context);
  try {
    await poll(isGone, { signal: context.signal, timeoutMs: 1000, intervalMs: 1, what: "dnsmasq to end" });
  } catch (error) {
    if (!isCiloError(error, "TIMEOUT")) throw error;
    signalProcess(pid, "SIGKILL");
    await poll(isGone, { signal: context.signal, timeoutMs: 2000, what: `dnsmasq (process ${pid}) to be killed` });
  }
}

/** Makes the instance read its files again. Answers false when it does not run. */
export async function rereadInstance(instance: Instance, context: ProcessContext): Promise<boolean> {
  const pid = await pidOf(instance, context);
  if (pid !== undefined) signalProcess(pid, "SIGHUP");
  return pid !== undefined;
}

/** Started by root it would drop to a user of its own, whom nobody could signal later: it stays ours. */
async function userArgs(context: ProcessContext): Promise<string[]> {
  if (!isRoot()) return [];
  const user = invokingUser(context.env)?.name ?? "root";
  const group = await run("id", ["-gn", "--", user], { signal: context.signal, env: context.env });
  return [`--user=${user}`, `--group=${group.stdout.trim()}`];
}

function startFailed(instance: Instance, cause: CiloError): CiloError {
  const place = `port ${instance.port} of ${instance.address ?? "127.0.0.1"}`;
  if (/permission denied/iu.test(cause.message) && instance.port < 1024)
    return new CiloError(NetworkCode.needsRoot, `listening on ${place} needs root`, { cause, hint: "sudo cilo init" });
  if (/address already in use/iu.test(cause.message))
    return new CiloError(NetworkCode.dnsPortTaken, `${place} is taken by another program`, {
      cause,
      hint: "Choose another one: cilo init --dns-port N",
    });
  return new CiloError(NetworkCode.dnsFailed, `dnsmasq does not start: ${lastPart(cause.message)}`, {
    cause,
    hint: `cilo doctor; its log is ${join(instance.dir, `${instance.name}.log`)}`,
  });
}

function lastPart(message: string): string {
  return message.split("dnsmasq: ").at(-1) ?? message;
}
