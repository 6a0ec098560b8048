import { type Machine, command } from "./machine.ts";

/**
 * True when images can probably be pulled: Docker Hub answers this machine within three seconds, or the engine has a
 * mirror or proxy of its own, through which it may reach what we cannot.
 */
export async function registryAnswers(machine: Machine): Promise<boolean> {
  return (await engineHasItsOwnWay(machine)) || (await hubAnswers(machine.signal));
}

async function engineHasItsOwnWay(machine: Machine): Promise<boolean> {
  const format = "{{json .RegistryConfig.Mirrors}} {{.HTTPSProxy}}";
  const result = await command(machine, ["docker", "info", "--format", format]).catch(() => undefined);
  return result !== undefined && !/^(\[\]|null)\s*$/u.test(result.stdout);
}

async function hubAnswers(signal: AbortSignal): Promise<boolean> {
  try {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(3000)]);
    const answer = await fetch("https://registry-1.docker.io/v2/", { method: "HEAD", signal: deadline });
    // 401 is how the hub greets everybody; a gateway that refuses answers 403 or 5xx.
    return answer.status === 200 || answer.status === 401;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}
