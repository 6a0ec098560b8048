import { isCiloError } from "@cilo/base";

/** What an exit status of `cilo` means. `exec` and `run` pass on the command's own. */
export const ExitCode = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  engineUnreachable: 4,
  refused: 5,
  serverUnreachable: 6,
  childNotFound: 127,
  interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Every error code whose exit status is not 1. The one table; docs/reference/exit-codes.md is made from it. */
export const exitCodeByErrorCode: Readonly<Record<string, ExitCode>> = {
  USAGE: ExitCode.usage,
  NOT_AVAILABLE: ExitCode.usage,
  NAME_INVALID: ExitCode.usage,
  POOL_INVALID: ExitCode.usage,
  TERMINAL_REQUIRED: ExitCode.usage,

  ENVIRONMENT_NOT_FOUND: ExitCode.notFound,
  SERVICE_NOT_FOUND: ExitCode.notFound,
  FILE_NOT_FOUND: ExitCode.notFound,
  PROJECT_NOT_DETECTED: ExitCode.notFound,
  NO_URL: ExitCode.notFound,
  HOSTNAME_NOT_ADDED: ExitCode.notFound,

  ENGINE_UNREACHABLE: ExitCode.engineUnreachable,
  ENGINE_MISSING: ExitCode.engineUnreachable,
  COMPOSE_MISSING: ExitCode.engineUnreachable,

  CONSENT_REQUIRED: ExitCode.refused,
  PATH_ESCAPES: ExitCode.refused,
  WOULD_LOSE: ExitCode.refused,
  HOSTNAME_REFUSED: ExitCode.refused,
  SUFFIX_NOT_REGISTERED: ExitCode.refused,
  FIXED_AT_CREATION: ExitCode.refused,
  NEEDS_ROOT: ExitCode.refused,
  NOT_PERMITTED: ExitCode.refused,
  CONFIG_EXISTS: ExitCode.refused,

  NOT_LOGGED_IN: ExitCode.refused,
  UNAUTHENTICATED: ExitCode.refused,
  FORBIDDEN: ExitCode.refused,
  POLICY_REFUSED: ExitCode.refused,
  MACHINE_NOT_FOUND: ExitCode.notFound,
  KEY_NOT_FOUND: ExitCode.notFound,

  SERVER_UNREACHABLE: ExitCode.serverUnreachable,

  CHILD_NOT_FOUND: ExitCode.childNotFound,
  INTERRUPTED: ExitCode.interrupted,
};

/** The exit status for anything that was thrown; 1 for what is in no table and for bugs. */
export function exitCodeOf(error: unknown): ExitCode {
  return isCiloError(error) ? (exitCodeByErrorCode[error.code] ?? ExitCode.failed) : ExitCode.failed;
}
