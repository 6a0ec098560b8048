/** Codes of the agent's own failures. Never reused. Those that a client may get are of the contract. */
export const AgentCode = {
  configInvalid: "AGENT_CONFIG_INVALID",
  recordInvalid: "AGENT_RECORD_INVALID",
  /** It would have to listen on an address that is not its tunnel's. */
  notOnTunnel: "AGENT_NOT_ON_TUNNEL",
  firewallFailed: "FIREWALL_FAILED",
  pathEscapes: "PATH_ESCAPES",
  policyRefused: "POLICY_REFUSED",
  addressesExhausted: "ADDRESSES_EXHAUSTED",
  environmentNotFound: "ENVIRONMENT_NOT_FOUND",
  serviceNotFound: "SERVICE_NOT_FOUND",
  operationInProgress: "OPERATION_IN_PROGRESS",
  stateConflict: "STATE_CONFLICT",
  requestInvalid: "REQUEST_INVALID",
  unauthenticated: "UNAUTHENTICATED",
  forbidden: "FORBIDDEN",
} as const;
