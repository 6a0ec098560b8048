/**
 * Every code that a problem response can carry, and its HTTP status. Stable: fields of the table are added, a code is
 * never given another meaning, and what is retired stays below, never to be used again.
 */
export const httpStatusByCode = {
  /** Parameters, query or body are not what the contract says; `problems` lists all of it. */
  REQUEST_INVALID: 400,
  CURSOR_INVALID: 400,
  /** No key, or one that is unknown, wrong, expired or revoked. The answer does not say which. */
  UNAUTHENTICATED: 401,
  /** The key's scope does not reach this. */
  FORBIDDEN: 403,
  /** The machine's policy does not let the project run there; `problems` names every attribute. */
  POLICY_REFUSED: 403,
  ROUTE_NOT_FOUND: 404,
  ENVIRONMENT_NOT_FOUND: 404,
  MACHINE_NOT_FOUND: 404,
  KEY_NOT_FOUND: 404,
  PEER_NOT_FOUND: 404,
  SERVICE_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  REQUEST_TIMEOUT: 408,
  ENVIRONMENT_EXISTS: 409,
  MACHINE_EXISTS: 409,
  /** What is asked for is not possible in the state that the environment or machine is in. */
  STATE_CONFLICT: 409,
  /** Another operation of the environment is under way on the machine. */
  OPERATION_IN_PROGRESS: 409,
  /** A request with the same idempotency key is being answered. */
  IDEMPOTENCY_IN_PROGRESS: 409,
  /** The client has a route that covers the environment's or the machine's addresses. */
  ROUTE_IN_USE: 409,
  /** The public key belongs to another team's device. */
  DEVICE_KEY_TAKEN: 409,
  /** No machine has room for it. */
  CAPACITY_EXHAUSTED: 409,
  ADDRESSES_EXHAUSTED: 409,
  /** The machine still has environments. */
  MACHINE_IN_USE: 409,
  BODY_TOO_LARGE: 413,
  MEDIA_TYPE_UNSUPPORTED: 415,
  /** The idempotency key was used with another request. */
  IDEMPOTENCY_MISMATCH: 422,
  RATE_LIMITED: 429,
  HEADERS_TOO_LARGE: 431,
  /** A bug. The request id finds it in the log. */
  INTERNAL: 500,
  NOT_IMPLEMENTED: 501,
  /** The environment's machine does not answer. */
  MACHINE_UNREACHABLE: 503,
  /** The server or the agent is starting, stopping, or has no database or engine. */
  NOT_READY: 503,
} as const;

export type ApiCode = keyof typeof httpStatusByCode;

/** Codes that were once given out. */
export const retiredCodes: readonly string[] = [];

/** True for a code of the table. */
export function isApiCode(code: string): code is ApiCode {
  return Object.hasOwn(httpStatusByCode, code);
}
