import { CiloError } from "@cilo/base";
import type { CredentialClaims, CredentialVerifier, EnvironmentId, Route } from "@cilo/api";
import { AgentCode } from "../errors.ts";

/** Who called, as far as it has been proven. */
export type Caller = CredentialClaims;

export interface AccessParts {
  readonly verifier: CredentialVerifier;
  readonly now: () => number;
  readonly isServer: (address: string) => boolean;
  readonly mayUse: (address: string, environmentId: EnvironmentId) => boolean;
}

/**
 * Lets a caller do its own part and no other's. A server must call from a server's address. A client must call from the
 * address that its credential names, while that device may still use the environment; and another's environment is not
 * there for it.
 *
 * @throws CiloError `UNAUTHENTICATED`, `FORBIDDEN`, `ENVIRONMENT_NOT_FOUND`
 */
export async function authorise(
  asked: {
    readonly route: Pick<Route, "access">;
    readonly authorization: string | undefined;
    readonly address: string;
    readonly environmentId: string | undefined;
  },
  parts: AccessParts,
): Promise<Caller> {
  const token = /^Bearer ([\w.-]{1,4096})$/u.exec(asked.authorization ?? "")?.[1];
  if (token === undefined) throw new CiloError(AgentCode.unauthenticated, "a credential is needed");
  const caller = await parts.verifier.verify(token, { nowMs: parts.now() });
  const { access } = asked.route;
  const isAllowed = access.kind === "credential" && access.roles.includes(caller.role);
  switch (caller.role) {
    case "server":
      if (!parts.isServer(asked.address)) throw elsewhere();
      if (!isAllowed) throw forbidden();
      return caller;
    case "environment":
      if (caller.address !== asked.address || !parts.mayUse(asked.address, caller.environmentId)) throw elsewhere();
      if (!isAllowed) throw forbidden();
      if (asked.environmentId !== caller.environmentId)
        throw new CiloError(AgentCode.environmentNotFound, "there is no such environment on this machine");
      return caller;
  }
}

function elsewhere(): CiloError {
  return new CiloError(AgentCode.unauthenticated, "the credential does not count from this address", {
    hint: "Connect again: cilo cloud connect",
  });
}

function forbidden(): CiloError {
  return new CiloError(AgentCode.forbidden, "this is not for the holder of such a credential");
}
