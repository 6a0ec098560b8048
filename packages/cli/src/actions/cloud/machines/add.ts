import { type AddMachineRequest, type Machine, MachineId } from "@cilo/api";
import { CiloError, delay } from "@cilo/base";
import type { Answer, GlobalFlags } from "../../../answer.ts";
import { type CloudSession, type ServerFlag, openSession } from "../../../cloud/session.ts";
import type { CiloContext } from "../../../context.ts";
import { CliCode } from "../../../errors.ts";
import { withProgress } from "../../../operation.ts";
import { given } from "../../../parameters.ts";

export interface AddMachineFlags extends GlobalFlags, ServerFlag {
  readonly host: string;
  readonly sshUser: string;
  readonly sshPort: number | undefined;
  readonly sshKey: string | undefined;
  readonly hostKey: string | undefined;
  readonly endpoint: string | undefined;
  readonly environments: number | undefined;
  readonly firewall: boolean;
  readonly allowPrivileged: boolean;
}

/** `cilo cloud machines add`: returns when the machine is ready, or says why it is not. */
export default async function addMachine(context: CiloContext, flags: AddMachineFlags, name: string): Promise<Answer> {
  const session = await openSession(context, flags);
  const { host, sshUser, sshPort, sshKey, hostKey, endpoint, environments } = flags;
  const body: AddMachineRequest = {
    name,
    host,
    sshUser,
    ...given({
      sshPort,
      sshKey,
      hostKey,
      endpoint,
      capacity: environments === undefined ? undefined : { environments },
      firewall: flags.firewall || undefined,
      allowPrivileged: flags.allowPrivileged || undefined,
    }),
  };
  const machine = await withProgress(context, async ({ onEvent }) => {
    onEvent({ kind: "engine", line: `installing the agent on ${host}` });
    const { id } = await session.client.addMachine({ body, signal: context.signal });
    return await untilReady(context, session, { id, onReason: (line) => onEvent({ kind: "engine", line }) });
  });
  return { data: machine, text: () => `${machine.name} is ${machine.status} (${machine.id})` };
}

const POLL_MS = 500;

async function untilReady(
  context: CiloContext,
  session: CloudSession,
  waiting: { readonly id: MachineId; readonly onReason: (reason: string) => void },
): Promise<Machine> {
  for (;;) {
    const machine = await session.client.getMachine({ params: { id: waiting.id }, signal: context.signal });
    if (machine.reason !== undefined) waiting.onReason(machine.reason);
    if (machine.status === "unhealthy" || machine.status === "destroying")
      throw new CiloError(
        CliCode.machineFailed,
        `${machine.name} is ${machine.status}: ${machine.reason ?? "no reason given"}`,
        {
          hint: `Mend it and add it again, after: cilo cloud machines remove ${machine.name}`,
        },
      );
    if (machine.status !== "registering" && machine.status !== "provisioning") return machine;
    await delay(POLL_MS, context.signal);
  }
}
