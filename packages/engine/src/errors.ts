/** The codes this package throws; never reused. What each means to a user is in docs/reference/errors.md. */
export const EngineCode = {
  /** A project file is wrong; the error's `problems` say where. */
  projectInvalid: "PROJECT_INVALID",
  /** No parser found a project it knows. */
  projectNotDetected: "PROJECT_NOT_DETECTED",
  /** A named file or folder is not there. */
  fileNotFound: "FILE_NOT_FOUND",
  /** A path leads out of the folder it must stay in. */
  pathEscapes: "PATH_ESCAPES",
  /** An environment, project or service name is not a DNS label, or too long. */
  nameInvalid: "NAME_INVALID",
  /** Text that should be a host name is none. */
  hostnameInvalid: "HOSTNAME_INVALID",
  /** A service that should be shared leans on one that is not. */
  shareRefused: "SHARE_REFUSED",
  /** Two things would get the same name. */
  nameTaken: "NAME_TAKEN",
  environmentNotFound: "ENVIRONMENT_NOT_FOUND",
  serviceNotFound: "SERVICE_NOT_FOUND",
  /** `.cilo/config.yml` is wrong; `problems` say where. */
  configInvalid: "CONFIG_INVALID",
  engineUnreachable: "ENGINE_UNREACHABLE",
  engineMissing: "ENGINE_MISSING",
  composeMissing: "COMPOSE_MISSING",
  /** The engine refused or failed at something. */
  engineFailed: "ENGINE_FAILED",
  /** An image could not be had: no such image, no access, no registry. */
  imageUnavailable: "IMAGE_UNAVAILABLE",
  buildFailed: "BUILD_FAILED",
  /** A network's subnet overlaps with one the engine or the host has; another block may do. */
  subnetTaken: "SUBNET_TAKEN",
  /** A host port that a service publishes is in use. */
  portTaken: "PORT_TAKEN",
  /** A command needs a running container of the service. */
  serviceNotRunning: "SERVICE_NOT_RUNNING",
  serviceUnhealthy: "SERVICE_UNHEALTHY",
  /** A service exited while it was being started. */
  serviceExited: "SERVICE_EXITED",
  upTimeout: "UP_TIMEOUT",
  /** Something needs the user's word first, e.g. a hook from a repository. */
  consentRequired: "CONSENT_REQUIRED",
  hookFailed: "HOOK_FAILED",
  /** A command of the project that runs in a container once it has started (devcontainer.json, `postCreateCommand`). */
  commandFailed: "LIFECYCLE_COMMAND_FAILED",
  diskFull: "DISK_FULL",
  /** A file or folder of Cilo's home, or of the project, may not be read or written. */
  notPermitted: "NOT_PERMITTED",
  copyFailed: "COPY_FAILED",
  /** `destroy` or `merge` would lose something that is only there. */
  wouldLose: "WOULD_LOSE",
  /** A file of Cilo's own home is damaged or of another version. */
  recordInvalid: "RECORD_INVALID",
  /** Something of an environment is fixed when it is created, e.g. its runtime. */
  fixedAtCreation: "FIXED_AT_CREATION",
  /** A DNS suffix that `cilo init` did not register. */
  suffixNotRegistered: "SUFFIX_NOT_REGISTERED",
  /** `hostnames remove` of a name that was not added to this environment. */
  hostnameNotAdded: "HOSTNAME_NOT_ADDED",
} as const;
