import { endpointVariables, type EngineEndpoint } from "../engine/endpoint.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where programs, settings, credentials and the network are found. Nothing that a Compose file could see or that changes what Compose does. */
const PASSED_ON = new Set([
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "TMPDIR",
  "LANG",
  "LC_ALL",
  "TERM",
  "NO_COLOR",
  "SSH_AUTH_SOCK",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "DBUS_SESSION_BUS_ADDRESS",
  "GNUPGHOME",
  "PASSWORD_STORE_DIR",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "ALL_PROXY",
  "BUILDX_BUILDER",
  "BUILDX_CONFIG",
]);
const PASSED_ON_PREFIX = /^(?:DOCKER_|XDG_)/u;
/** Would make the Compose plugin take itself for a child of `docker`. */
const WITHHELD = /^DOCKER_CLI_PLUGIN_/u;

/**
 * The environment of the engine's programs: the caller's, less everything that is not on the list (`COMPOSE_*` above
 * all), pointed at `endpoint`.
 */
export function childEnvironment(env: Environment, endpoint: EngineEndpoint): Record<string, string | undefined> {
  const passed = Object.entries(env).filter(
    ([name]) => (PASSED_ON.has(name.toUpperCase()) || PASSED_ON_PREFIX.test(name)) && !WITHHELD.test(name),
  );
  return { ...Object.fromEntries(passed), ...endpointVariables(endpoint) };
}
