import type { EnvironmentStatus } from "@cilo/engine";
import type { Answer, GlobalFlags } from "../../answer.ts";
import type { CiloContext } from "../../context.ts";
import { table } from "../../table.ts";

/** `cilo hostnames list` */
export default async function listHostnames(
  context: CiloContext,
  _flags: GlobalFlags,
  environment: string,
): Promise<Answer> {
  const { environments } = await context.wiring();
  return hostnamesAnswer(await environments.status(environment, { signal: context.signal }));
}

/** The extra hostnames of every service that has some. */
export function hostnamesAnswer(status: EnvironmentStatus): Answer {
  const hostnames = Object.fromEntries(
    status.serviceStatus
      .filter(({ endpoint }) => endpoint.hostnames.length > 0)
      .map(({ service, endpoint }) => [service, endpoint.hostnames]),
  );
  return {
    data: { environment: status.environment, hostnames },
    text: () =>
      Object.keys(hostnames).length === 0
        ? `${status.environment} has no extra hostnames`
        : table(Object.entries(hostnames).flatMap(([service, names]) => names.map((name) => [service, name]))),
  };
}
