import type { Problem } from "@cilo/base";
import type { Service } from "@cilo/engine";

/** What a service may say; each with what is wrong with a value, where not every value will do. */
export function serviceProblems(name: string, service: Service): Problem[] {
  return Object.entries(service).flatMap(([key, value]) => {
    if (value === undefined || value === null || key.startsWith("x-")) return [];
    const attribute = `services.${name}.${key}`;
    const rule = Object.hasOwn(RULES, key) ? RULES[key] : undefined;
    if (rule === undefined && !FREE.has(key))
      return [{ attribute, message: `${key} is not allowed on a shared machine` }];
    const wrong = rule?.(value);
    return wrong === undefined ? [] : [{ attribute, message: `${wrong} is not allowed on a shared machine` }];
  });
}

/** Has no effect beyond the service's own containers, networks and volumes, whatever the value. */
const FREE = new Set(
  `attach blkio_config build cap_drop command configs cpu_count cpu_percent cpu_period cpu_quota cpu_shares cpus cpuset
  depends_on develop dns dns_opt dns_search domainname entrypoint environment env_file expose external_links extra_hosts
  group_add healthcheck hostname image init labels links mem_limit mem_reservation mem_swappiness memswap_limit networks
  pids_limit platform ports post_start pre_stop profiles pull_policy pull_refresh_after read_only restart scale secrets shm_size
  stdin_open stop_grace_period stop_signal tty user volumes_from working_dir`.split(/\s+/u),
);

/** @returns what is wrong with it, as it should be named; `undefined` when nothing is */
type Rule = (value: unknown) => string | undefined;

const RULES: Readonly<Record<string, Rule>> = {
  cap_add: (value) =>
    named(
      "cap_add",
      list(value).filter((one) => !DEFAULT_CAPABILITIES.has(bare(one))),
    ),
  cgroup: only("cgroup", /^private$/u),
  deploy: deployRule,
  device_cgroup_rules: empty("device_cgroup_rules"),
  devices: empty("devices"),
  gpus: empty("gpus"),
  ipc: only("ipc", OWN_OR_SERVICE()),
  isolation: only("isolation", /^default$/u),
  logging: loggingRule,
  network_mode: only("network_mode", /^(?:none|service:.+)$/u),
  oom_kill_disable: not("oom_kill_disable", true),
  oom_score_adj: (value) => (typeof value === "number" && value >= 0 ? undefined : "a negative oom_score_adj"),
  pid: only("pid", OWN_OR_SERVICE()),
  privileged: not("privileged", true),
  security_opt: (value) =>
    named(
      "security_opt",
      list(value).filter((one) => !/^no-new-privileges(?:[=:]true)?$/u.test(one)),
    ),
  sysctls: (value) =>
    named(
      "sysctls",
      names(value).filter((key) => !OWN_SYSCTL.test(key)),
    ),
  tmpfs: (value) =>
    named(
      "tmpfs",
      list(value).filter((one) => MOUNT_FLAG.test(one)),
    ),
  ulimits: (value) =>
    named(
      "ulimits",
      names(value).filter((key) => !HARMLESS_LIMITS.has(key)),
    ),
  use_api_socket: not("use_api_socket", true),
  userns_mode: only("userns_mode", /^(?:|keep-id|nomap|auto)$/u),
  uts: only("uts", OWN_OR_SERVICE()),
  volumes: volumesRule,
};

/** What engines give every container. */
const DEFAULT_CAPABILITIES = new Set(
  `AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID
  SYS_CHROOT`.split(/\s+/u),
);

/** Those that the kernel keeps for each container apart. */
const OWN_SYSCTL = /^(?:net\.|fs\.mqueue\.|kernel\.(?:msg|sem$|shm)|user\.)/u;

/** Options that make another mount of it than memory. */
const MOUNT_FLAG = /[:,]r?(?:bind|shared|slave|private|unbindable)\b/u;

/** Not those by which a process may take the processor from everybody else. */
const HARMLESS_LIMITS = new Set(
  "as core cpu data fsize locks memlock msgqueue nofile nproc rss sigpending stack".split(" "),
);

function OWN_OR_SERVICE(): RegExp {
  return /^(?:|none|private|shareable|service:.+)$/u;
}

function deployRule(value: unknown): string | undefined {
  const devices = at(value, "resources", "reservations", "devices");
  return Array.isArray(devices) && devices.length > 0 ? "deploy.resources.reservations.devices" : undefined;
}

/** Other drivers write to sockets, files and services of the machine. */
function loggingRule(value: unknown): string | undefined {
  const driver = at(value, "driver");
  return driver === undefined || driver === "" || ["json-file", "local", "none"].includes(shown(driver))
    ? undefined
    : `logging.driver ${shown(driver)}`;
}

function volumesRule(value: unknown): string | undefined {
  const mounts = Array.isArray(value) ? value : [];
  for (const mount of mounts) {
    const type = shown(at(mount, "type"));
    if (!["bind", "volume", "tmpfs", "image"].includes(type)) return `a mount of type ${type}`;
    const propagation = at(mount, "bind", "propagation");
    if (propagation !== undefined && !["", "private", "rprivate"].includes(shown(propagation)))
      return `bind.propagation ${shown(propagation)}`;
  }
  return undefined;
}

function only(key: string, allowed: RegExp): Rule {
  return (value) => (typeof value === "string" && allowed.test(value) ? undefined : `${key}: ${shown(value)}`);
}

function not(key: string, refused: unknown): Rule {
  return (value) => (value === refused ? key : undefined);
}

function empty(key: string): Rule {
  return (value) => (Array.isArray(value) && value.length === 0 ? undefined : key);
}

function named(key: string, refused: readonly string[]): string | undefined {
  return refused.length === 0 ? undefined : `${key}: ${refused.join(", ")}`;
}

function bare(capability: string): string {
  return capability.toUpperCase().replace(/^CAP_/u, "");
}

function list(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).map(shown);
}

/** Keys of a mapping, or of a list of `key=value`. */
function names(value: unknown): string[] {
  return Array.isArray(value) ? value.map((one) => shown(one).split("=")[0] ?? "") : Object.keys(Object(value));
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

/** A value as it is named in a refusal. */
export function shown(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}
