import * as z from "zod/mini";
import { Notice } from "./notice.ts";
import { Workbench } from "./workbench.ts";

export { Notice };

/**
 * The one description of an application between parsers and runtimes: the vocabulary of the Compose Specification in
 * its canonical (long) form, as `docker compose config` prints it, plus what Cilo needs to know about its origin.
 *
 * Values are literal: a `$` is a `$` (the doubling `$$` is done where a Compose file is written).
 * Paths are absolute and real to the *source* project, also when the files were read from a copy of it.
 * Attributes that this schema does not name are kept as they are; nothing is dropped in silence.
 */
const stringMap = z.record(z.string(), z.string());
const nullableStringMap = z.record(z.string(), z.nullable(z.string()));
const json = z.json();

export const ServicePort = z.looseObject({
  /** Container port. */
  target: z.number(),
  /** Host port or range, as text. Absent: the engine would choose one. */
  published: z.optional(z.string()),
  host_ip: z.optional(z.string()),
  protocol: z.optional(z.string()),
  mode: z.optional(z.string()),
  name: z.optional(z.string()),
  app_protocol: z.optional(z.string()),
});
export type ServicePort = z.infer<typeof ServicePort>;

export const ServiceVolume = z.looseObject({
  /** `bind`, `volume`, `tmpfs`, `npipe`, `cluster` or `image`. */
  type: z.string(),
  /** Absolute path of a bind, key of a volume; absent for tmpfs and anonymous volumes. */
  source: z.optional(z.string()),
  target: z.optional(z.string()),
  read_only: z.optional(z.boolean()),
  consistency: z.optional(z.string()),
  bind: z.optional(z.record(z.string(), json)),
  volume: z.optional(z.record(z.string(), json)),
  tmpfs: z.optional(z.record(z.string(), json)),
  image: z.optional(z.record(z.string(), json)),
});
export type ServiceVolume = z.infer<typeof ServiceVolume>;

export const ServiceNetwork = z.looseObject({
  aliases: z.optional(z.array(z.string())),
  ipv4_address: z.optional(z.string()),
  ipv6_address: z.optional(z.string()),
  link_local_ips: z.optional(z.array(z.string())),
  mac_address: z.optional(z.string()),
  priority: z.optional(z.number()),
});
export type ServiceNetwork = z.infer<typeof ServiceNetwork>;

export const Dependency = z.looseObject({
  /** `service_started`, `service_healthy` or `service_completed_successfully`. */
  condition: z.string(),
  required: z.optional(z.boolean()),
  restart: z.optional(z.boolean()),
});
export type Dependency = z.infer<typeof Dependency>;

export const FileReference = z.looseObject({
  source: z.string(),
  target: z.optional(z.string()),
  uid: z.optional(z.string()),
  gid: z.optional(z.string()),
  mode: z.optional(z.union([z.number(), z.string()])),
});
export type FileReference = z.infer<typeof FileReference>;

export const Build = z.looseObject({
  /** Absolute path, URL, `service:…` or `docker-image://…`. */
  context: z.optional(z.string()),
  dockerfile: z.optional(z.string()),
  dockerfile_inline: z.optional(z.string()),
  args: z.optional(nullableStringMap),
  additional_contexts: z.optional(stringMap),
  labels: z.optional(stringMap),
  network: z.optional(z.string()),
  target: z.optional(z.string()),
  tags: z.optional(z.array(z.string())),
  cache_from: z.optional(z.array(z.string())),
  cache_to: z.optional(z.array(z.string())),
  secrets: z.optional(z.array(FileReference)),
});
export type Build = z.infer<typeof Build>;

export const Healthcheck = z.looseObject({
  test: z.optional(z.array(z.string())),
  interval: z.optional(z.string()),
  timeout: z.optional(z.string()),
  start_period: z.optional(z.string()),
  start_interval: z.optional(z.string()),
  retries: z.optional(z.number()),
  disable: z.optional(z.boolean()),
});
export type Healthcheck = z.infer<typeof Healthcheck>;

export const Service = z.looseObject({
  image: z.optional(z.string()),
  build: z.optional(Build),
  command: z.optional(z.nullable(z.array(z.string()))),
  entrypoint: z.optional(z.nullable(z.array(z.string()))),
  environment: z.optional(nullableStringMap),
  labels: z.optional(stringMap),
  ports: z.optional(z.array(ServicePort)),
  expose: z.optional(z.array(z.string())),
  volumes: z.optional(z.array(ServiceVolume)),
  volumes_from: z.optional(z.array(z.string())),
  networks: z.optional(z.record(z.string(), z.nullable(ServiceNetwork))),
  network_mode: z.optional(z.string()),
  depends_on: z.optional(z.record(z.string(), Dependency)),
  links: z.optional(z.array(z.string())),
  external_links: z.optional(z.array(z.string())),
  configs: z.optional(z.array(FileReference)),
  secrets: z.optional(z.array(FileReference)),
  healthcheck: z.optional(Healthcheck),
  container_name: z.optional(z.string()),
  hostname: z.optional(z.string()),
  domainname: z.optional(z.string()),
  extra_hosts: z.optional(z.array(z.string())),
  dns: z.optional(z.array(z.string())),
  ipc: z.optional(z.string()),
  pid: z.optional(z.string()),
  uts: z.optional(z.string()),
  userns_mode: z.optional(z.string()),
  cgroup: z.optional(z.string()),
  privileged: z.optional(z.boolean()),
  devices: z.optional(z.array(json)),
  mac_address: z.optional(z.string()),
  profiles: z.optional(z.array(z.string())),
  pull_policy: z.optional(z.string()),
  restart: z.optional(z.string()),
  scale: z.optional(z.number()),
  deploy: z.optional(z.record(z.string(), json)),
  develop: z.optional(z.record(z.string(), json)),
  env_file: z.optional(z.array(json)),
  user: z.optional(z.string()),
  working_dir: z.optional(z.string()),
  tmpfs: z.optional(z.array(z.string())),
});
export type Service = z.infer<typeof Service>;

export const IpamPool = z.looseObject({
  subnet: z.optional(z.string()),
  gateway: z.optional(z.string()),
  ip_range: z.optional(z.string()),
  aux_addresses: z.optional(stringMap),
});

export const Network = z.looseObject({
  /** The name at the engine. */
  name: z.optional(z.string()),
  driver: z.optional(z.string()),
  driver_opts: z.optional(stringMap),
  external: z.optional(z.boolean()),
  internal: z.optional(z.boolean()),
  attachable: z.optional(z.boolean()),
  enable_ipv6: z.optional(z.boolean()),
  ipam: z.optional(z.looseObject({ driver: z.optional(z.string()), config: z.optional(z.array(IpamPool)) })),
  labels: z.optional(stringMap),
});
export type Network = z.infer<typeof Network>;

export const Volume = z.looseObject({
  name: z.optional(z.string()),
  driver: z.optional(z.string()),
  driver_opts: z.optional(stringMap),
  external: z.optional(z.boolean()),
  labels: z.optional(stringMap),
});
export type Volume = z.infer<typeof Volume>;

/** A top-level `configs` or `secrets` entry. */
export const FileObject = z.looseObject({
  name: z.optional(z.string()),
  file: z.optional(z.string()),
  environment: z.optional(z.string()),
  content: z.optional(z.string()),
  external: z.optional(z.boolean()),
  labels: z.optional(stringMap),
});
export type FileObject = z.infer<typeof FileObject>;

export const EnvironmentSpec = z.looseObject({
  /** Version of this vocabulary. Fields are added without a new number; a changed meaning gets one. */
  specVersion: z.literal(1),
  /** Project name by the Compose rule, or the parser's own. Not yet a DNS label. */
  name: z.string(),
  /** The parser that made it: `compose`, `devcontainer`, `procfile` or a plugin's name. */
  source: z.string(),
  /** Absolute path of the source project's folder (Compose's project directory). */
  projectDir: z.string(),
  /** Absolute paths of the files it was made from, in order. */
  files: z.array(z.string()),
  services: z.record(z.string(), Service),
  networks: z.optional(z.record(z.string(), z.nullable(Network))),
  volumes: z.optional(z.record(z.string(), z.nullable(Volume))),
  configs: z.optional(z.record(z.string(), FileObject)),
  secrets: z.optional(z.record(z.string(), FileObject)),
  /**
   * Values of the variables that `environment:` of `secrets` and `configs` names, as the project sees them (its `.env`
   * counts). They are secrets: in no output, and in no file of an environment.
   */
  variables: z.optional(z.record(z.string(), z.string())),
  /** The service that is entered, where the project has one. */
  workbench: z.optional(Workbench),
  /** The languages that a generated image has, the one that runs the project first. */
  detected: z.optional(
    z.array(
      z.object({
        language: z.string(),
        version: z.string(),
        versionSource: z.string(),
        manager: z.string(),
        runtime: z.optional(z.string()),
      }),
    ),
  ),
  /** The processes of a Procfile, those that are not started too. */
  processes: z.optional(
    z.array(z.object({ name: z.string(), service: z.string(), role: z.enum(["web", "worker", "release", "oneoff"]) })),
  ),
  /** The add-ons that became services, with the variables that every process is told. */
  addons: z.optional(z.array(z.object({ engine: z.string(), env: z.array(z.string()) }))),
  /** Other top-level elements in canonical form, `x-…` among them, by their key. */
  other: z.optional(z.record(z.string(), json)),
  notices: z.array(Notice),
});
export type EnvironmentSpec = z.infer<typeof EnvironmentSpec>;

/** The JSON Schema of {@link EnvironmentSpec}, for plugin authors and editors. */
export function environmentSpecJsonSchema(): object {
  return z.toJSONSchema(EnvironmentSpec);
}
