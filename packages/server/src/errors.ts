/** Codes of `cilo-server` itself, for whoever runs it; what its API answers is in `@cilo/api`. Never reused. */
export const ServerCode = {
  /** Environment variables that cannot be used; `problems` lists all of them. */
  configInvalid: "CONFIG_INVALID",
  databaseUnreachable: "DATABASE_UNREACHABLE",
  /** The database was last used by a newer version. */
  databaseTooNew: "DATABASE_TOO_NEW",
  /** The embedded PostgreSQL does not start. */
  databaseFailed: "DATABASE_FAILED",
  /** The address to listen at is taken or not this machine's. */
  listenFailed: "LISTEN_FAILED",
  teamNotFound: "TEAM_NOT_FOUND",
  teamExists: "TEAM_EXISTS",
} as const;
