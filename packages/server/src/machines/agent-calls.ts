import { AGENT_PORT, type AgentClient, type CredentialSigner, type MachineId, createAgentClient } from "@cilo/api";
import type { Clock } from "@cilo/base";

/** What is needed of a machine to call its agent. */
export interface Callable {
  readonly id: MachineId;
  readonly address: string;
}

/** Calls agents as the server. */
export interface AgentCalls {
  of(machine: Callable): AgentClient;
}

/** Calls agents in the tunnel; `urlOf` stands for tests, whose machines are on loopback. */
export function createAgentCalls(options: {
  readonly signer: CredentialSigner;
  readonly clock: Clock;
  readonly urlOf?: (machine: Callable) => string;
}): AgentCalls {
  const urlOf = options.urlOf ?? agentUrl;
  return {
    of: (machine) =>
      createAgentClient({
        baseUrl: urlOf(machine),
        token: async () =>
          await options.signer.sign({ role: "server", machineId: machine.id }, { nowMs: options.clock.now() }),
      }),
  };
}

export function agentUrl(machine: Callable): string {
  return `http://${machine.address}:${AGENT_PORT}`;
}
