/** The codes this package throws; never reused. What each means to a user is in docs/reference/errors.md. */
export const CliCode = {
  /** An unknown command or flag, a missing or superfluous argument, a value that cannot be read. */
  usage: "USAGE",
  /** A word of the command line that is kept for something that is not there yet. */
  notAvailable: "NOT_AVAILABLE",
  /** Something is asked that needs a terminal, and there is none. */
  terminalRequired: "TERMINAL_REQUIRED",
  /** `setup` found a config file and was not told to replace it. */
  configExists: "CONFIG_EXISTS",
  /** The service answers on no port that a browser could open. */
  noUrl: "NO_URL",
  /** `doctor` found something that it did not mend. */
  unhealthy: "DOCTOR_FAILED",
  /** `machine.json` cannot be read as what it should be. */
  machineInvalid: "MACHINE_INVALID",
  /** `run` was given a command that is not on the PATH. */
  childNotFound: "CHILD_NOT_FOUND",
  /** SIGINT, SIGTERM or SIGHUP. */
  interrupted: "INTERRUPTED",
  /** No server is known, or there is no key for the one that is meant. */
  notLoggedIn: "NOT_LOGGED_IN",
  /** `cloud-auth.json` cannot be read as what it should be. */
  cloudAuthInvalid: "CLOUD_AUTH_INVALID",
  /** The machine did not bring the environment up. */
  cloudUpFailed: "CLOUD_UP_FAILED",
  /** The tunnel to the machine carries nothing. */
  tunnelDown: "TUNNEL_DOWN",
  /** A machine could not be registered. */
  machineFailed: "MACHINE_FAILED",
  /** Files could not be sent to the machine, or fetched from it. */
  syncFailed: "SYNC_FAILED",
  /** There is no rsync on this machine. */
  rsyncMissing: "RSYNC_MISSING",
  /** Standard output takes no more: a full disk behind a redirection. */
  outputFailed: "OUTPUT_FAILED",
} as const;
