/**
 * What type each attribute of a resolved project has: numbers, sizes, durations, maps of text. It decides how a value
 * is spelled, which values are left out because they say nothing, and what the reference prints although it is empty.
 */
export type Shape =
  | "text"
  | "bool"
  | "int"
  /** Not negative; of 32 and 16 bits never written as text. */
  | "uint64"
  | "uint32"
  | "uint16"
  | "float32"
  | "bytes"
  | "duration"
  /** CPUs as a number, also written as text. */
  | "cpus"
  /** A number of devices; `all` is -1. */
  | "count"
  /** Anything, as it is. */
  | "json"
  /** A text or a list of texts. */
  | "texts"
  /** Shell words of a text, or a list of texts. */
  | "command"
  | "healthcheck-test"
  /** `KEY=value` lines or a map; a key without a value is null. */
  | "environment"
  /** The same, but a key without a value is empty. */
  | "pairs"
  /** A map of texts. */
  | "options"
  | "hosts"
  | "ssh"
  | "ulimit"
  | { readonly list: Shape }
  | { readonly map: Shape }
  | { readonly struct: Struct };

export interface Field {
  readonly shape: Shape;
  /** Said even when it is zero, empty or false: it then differs from being left out. */
  readonly keepZero?: boolean;
  /** What the reference prints when it is left out. */
  readonly printed?: unknown;
  /** Carried, but left out where the reference prints the project: it does not know it or loses it. */
  readonly unprinted?: boolean;
  /** The name the reference prints it by, where that is another. */
  readonly printedAs?: string;
}

export type Struct = Readonly<Record<string, Field>>;

const text: Field = { shape: "text" };
const bool: Field = { shape: "bool" };
const int: Field = { shape: "int" };
const bytes: Field = { shape: "bytes" };
const texts: Field = { shape: "texts" };
const list: Field = { shape: { list: "text" } };
const pairs: Field = { shape: "pairs" };
const options: Field = { shape: "options" };
const environment: Field = { shape: "environment" };
const duration: Field = { shape: "duration", keepZero: true };
/** A host without addresses is one nevertheless. */
const hosts: Field = { shape: "hosts", keepZero: true };
const command: Field = { shape: "command", keepZero: true, printed: null };

function struct(fields: Struct): Shape {
  return { struct: fields };
}

function listOf(fields: Struct): Field {
  return { shape: { list: struct(fields) } };
}

/** Attributes of newer versions than the reference: carried as they are. */
const json: Field = { shape: "json" };

const hook: Struct = { command, user: text, privileged: bool, working_dir: text, environment };
const ulimits: Field = { shape: { map: "ulimit" } };
const fileReference: Struct = {
  source: text,
  target: text,
  uid: text,
  gid: text,
  mode: { shape: "uint32", keepZero: true },
};
const throttle: Field = listOf({
  path: { shape: "text", keepZero: true, printed: "", printedAs: "Path" },
  rate: { shape: "bytes", keepZero: true, printed: "0", printedAs: "Rate" },
});
const deviceRequest: Struct = {
  capabilities: list,
  driver: text,
  count: { shape: "count" },
  device_ids: list,
  options: pairs,
};

const build: Struct = {
  context: text,
  dockerfile: text,
  dockerfile_inline: text,
  entitlements: list,
  args: environment,
  ssh: { shape: "ssh" },
  labels: pairs,
  cache_from: texts,
  cache_to: texts,
  no_cache: bool,
  additional_contexts: pairs,
  pull: bool,
  extra_hosts: hosts,
  isolation: text,
  network: text,
  target: text,
  secrets: listOf(fileReference),
  shm_size: bytes,
  tags: texts,
  ulimits,
  platforms: texts,
  privileged: bool,
  no_cache_filter: texts,
  provenance: json,
  sbom: json,
};

const updateConfig: Field = {
  shape: struct({
    parallelism: { shape: "uint64", keepZero: true },
    delay: { shape: "duration" },
    failure_action: text,
    monitor: { shape: "duration" },
    max_failure_ratio: { shape: "float32" },
    order: text,
  }),
  keepZero: true,
};

const resource: Field = {
  shape: struct({
    cpus: { shape: "cpus" },
    memory: bytes,
    pids: int,
    devices: listOf(deviceRequest),
    generic_resources: listOf({
      discrete_resource_spec: {
        shape: struct({
          kind: { ...text, keepZero: true, printed: "" },
          value: { ...int, keepZero: true, printed: 0 },
        }),
        keepZero: true,
      },
    }),
  }),
  keepZero: true,
};

const deploy: Struct = {
  mode: text,
  replicas: { shape: "int", keepZero: true },
  labels: pairs,
  update_config: updateConfig,
  rollback_config: updateConfig,
  resources: { shape: struct({ limits: resource, reservations: resource }), printed: {} },
  restart_policy: {
    shape: struct({
      condition: text,
      delay: duration,
      max_attempts: { shape: "uint64", keepZero: true },
      window: duration,
    }),
    keepZero: true,
  },
  placement: {
    shape: struct({
      constraints: list,
      preferences: listOf({ spread: text }),
      max_replicas_per_node: { shape: "uint64" },
    }),
    printed: {},
  },
  endpoint_mode: text,
};

const port: Struct = {
  name: text,
  mode: text,
  host_ip: text,
  target: { shape: "uint32" },
  published: text,
  protocol: text,
  app_protocol: text,
};

const volumeMount: Struct = {
  type: text,
  source: text,
  target: text,
  read_only: bool,
  consistency: text,
  bind: {
    shape: struct({ selinux: text, propagation: text, create_host_path: bool, recursive: text }),
    keepZero: true,
  },
  volume: { shape: struct({ labels: pairs, nocopy: bool, subpath: text }), keepZero: true },
  tmpfs: { shape: struct({ size: bytes, mode: { shape: "uint32" } }), keepZero: true },
  image: { shape: struct({ subpath: text }), keepZero: true },
};

const serviceNetwork: Shape = struct({
  priority: int,
  gw_priority: { ...int, unprinted: true },
  aliases: list,
  ipv4_address: text,
  ipv6_address: text,
  link_local_ips: list,
  mac_address: text,
  driver_opts: options,
  interface_name: text,
});

const watch: Field = listOf({
  path: { ...text, keepZero: true, printed: "" },
  action: { ...text, keepZero: true, printed: "" },
  target: text,
  exec: { shape: struct(hook), printed: { command: null } },
  ignore: texts,
  include: texts,
  initial_sync: bool,
});

const healthcheck: Struct = {
  test: { shape: "healthcheck-test" },
  timeout: duration,
  interval: duration,
  retries: { shape: "uint64", keepZero: true },
  start_period: duration,
  start_interval: duration,
  disable: bool,
};

export const SERVICE: Struct = {
  profiles: list,
  annotations: pairs,
  attach: { shape: "bool", keepZero: true },
  build: { shape: struct(build), keepZero: true },
  develop: { shape: struct({ watch }), keepZero: true },
  blkio_config: {
    shape: struct({
      weight: { shape: "uint16" },
      weight_device: listOf({
        path: { shape: "text", keepZero: true, printed: "", printedAs: "Path" },
        weight: { shape: "uint16", keepZero: true, printed: 0, printedAs: "Weight" },
      }),
      device_read_bps: throttle,
      device_read_iops: throttle,
      device_write_bps: throttle,
      device_write_iops: throttle,
    }),
    keepZero: true,
  },
  cap_add: list,
  cap_drop: list,
  cgroup_parent: text,
  cgroup: text,
  cpu_count: int,
  cpu_percent: { shape: "float32" },
  cpu_period: int,
  cpu_quota: int,
  cpu_rt_period: int,
  cpu_rt_runtime: int,
  cpus: { shape: "float32" },
  cpuset: text,
  cpu_shares: int,
  command,
  configs: listOf(fileReference),
  container_name: text,
  credential_spec: { shape: struct({ config: text, file: text, registry: text }), keepZero: true },
  depends_on: {
    shape: {
      map: struct({ condition: text, restart: bool, required: { shape: "bool", keepZero: true, printed: false } }),
    },
  },
  deploy: { shape: struct(deploy), keepZero: true },
  device_cgroup_rules: list,
  devices: listOf({ source: text, target: text, permissions: text }),
  dns: texts,
  dns_opt: list,
  dns_search: texts,
  domainname: text,
  entrypoint: command,
  environment,
  env_file: listOf({ path: text, required: bool, format: text }),
  expose: texts,
  extends: { shape: struct({ file: text, service: text }), keepZero: true },
  external_links: list,
  extra_hosts: hosts,
  group_add: list,
  gpus: listOf(deviceRequest),
  hostname: text,
  healthcheck: { shape: struct(healthcheck), keepZero: true },
  image: text,
  init: { shape: "bool", keepZero: true },
  ipc: text,
  isolation: text,
  labels: pairs,
  label_file: list,
  links: list,
  logging: { shape: struct({ driver: text, options }), keepZero: true },
  mem_limit: bytes,
  mem_reservation: bytes,
  memswap_limit: bytes,
  mem_swappiness: bytes,
  mac_address: text,
  network_mode: text,
  networks: { shape: { map: serviceNetwork } },
  oom_kill_disable: bool,
  oom_score_adj: int,
  pid: text,
  pids_limit: int,
  platform: text,
  ports: listOf(port),
  privileged: bool,
  pull_policy: text,
  read_only: bool,
  restart: text,
  runtime: text,
  scale: { shape: "int", keepZero: true },
  secrets: listOf(fileReference),
  security_opt: list,
  shm_size: bytes,
  stdin_open: bool,
  stop_grace_period: duration,
  stop_signal: text,
  storage_opt: { shape: { map: "text" } },
  sysctls: pairs,
  tmpfs: texts,
  tty: bool,
  ulimits,
  user: text,
  userns_mode: text,
  uts: text,
  volumes: listOf(volumeMount),
  volumes_from: list,
  working_dir: text,
  post_start: listOf(hook),
  pre_stop: listOf(hook),
  pre_start: listOf({ ...hook, image: text, per_replica: bool }),
  models: { shape: { map: "json" } },
  provider: json,
  pull_refresh_after: text,
  use_api_socket: bool,
};

export const NETWORK: Struct = {
  name: text,
  driver: text,
  driver_opts: options,
  ipam: {
    shape: struct({
      driver: text,
      config: listOf({ subnet: text, gateway: text, ip_range: text, aux_addresses: pairs }),
      options: { ...options, unprinted: true },
    }),
    printed: {},
  },
  external: bool,
  internal: bool,
  attachable: bool,
  labels: pairs,
  enable_ipv4: { shape: "bool", keepZero: true },
  enable_ipv6: { shape: "bool", keepZero: true },
};

export const VOLUME: Struct = { name: text, driver: text, driver_opts: options, external: bool, labels: pairs };

export const FILE_OBJECT: Struct = {
  name: text,
  file: text,
  environment: text,
  content: text,
  external: bool,
  labels: pairs,
  driver: text,
  driver_opts: { shape: { map: "text" } },
  template_driver: text,
};

export const MODEL: Struct = { name: text, model: text, context_size: int, runtime_flags: list };
