/** What isolation does to an attribute of the spec. */
export interface IsolationRule {
  /**
   * `carried`: handed on as it is; `how` says what a user should know, e.g. that it is listed as shared.
   * `isolated`: replaced, moved or dropped so that environments do not meet; `how` says what by.
   * `refused`: an error in some form; `how` says in which.
   */
  readonly kind: "carried" | "isolated" | "refused";
  /** One line. */
  readonly how: string;
}

const carried = (how: string): IsolationRule => ({ kind: "carried", how });
const isolated = (how: string): IsolationRule => ({ kind: "isolated", how });

const NAME = isolated("`cilo_<project>_<environment>_<home>_<key>`");
const MARKED = isolated("the project's own stay; Cilo's are added");
const LISTED = carried("listed as shared with the host");
const FIXED_ADDRESS = isolated("dropped with a notice: the engine chooses, others use the name");
const LOCAL_PATH = isolated("moved into the workspace; outside the project it stays and is listed");

/**
 * Attribute → what isolation does to it. `*` stands for a name that the project chose; items of lists have no place in
 * a path. An attribute stands for everything below it that has no rule of its own; one without a rule is carried.
 * docs/SUPPORTED_FORMATS.md is made from this table, and the round trip over the corpus allows no other differences.
 */
export const isolationRules: Readonly<Record<string, IsolationRule>> = {
  name: isolated("`cilo_<project>_<environment>_<home>`"),
  "services.*.build.additional_contexts": LOCAL_PATH,
  "services.*.build.args": isolated("a value that is the name of an image built here becomes its new name"),
  "services.*.build.cache_from": isolated("a local folder is moved into the workspace"),
  "services.*.build.cache_to": isolated("only `inline` stays: other caches would be every environment's"),
  "services.*.build.context": LOCAL_PATH,
  "services.*.build.dockerfile": LOCAL_PATH,
  "services.*.build.entitlements": LISTED,
  "services.*.build.labels": MARKED,
  "services.*.build.network": carried("`host` is listed as shared with the host"),
  "services.*.build.privileged": LISTED,
  "services.*.build.ssh": isolated("key files are moved into the workspace; agent and keys are listed as shared"),
  "services.*.build.tags": isolated("dropped with a notice: a tag is one name for the whole engine"),
  "services.*.cap_add": carried("what is beyond the engine's default set is listed as shared with the host"),
  "services.*.cgroup": isolated("`host` is dropped with a notice"),
  "services.*.container_name": isolated("dropped; a name on the environment's networks instead"),
  "services.*.credential_spec": LOCAL_PATH,
  "services.*.depends_on": isolated(
    "links are added; shared services are dropped, being up and healthy before the rest starts",
  ),
  "services.*.deploy.replicas": isolated("`--scale` replaces it"),
  "services.*.deploy.resources.reservations.devices": LISTED,
  "services.*.develop": LOCAL_PATH,
  "services.*.device_cgroup_rules": LISTED,
  "services.*.devices": LISTED,
  "services.*.dns": isolated("fixed addresses of the project's services are dropped with a notice"),
  "services.*.env_file": isolated("read when the spec is made; its variables are in `environment`"),
  "services.*.environment": isolated(
    "`CILO_ENV`, `CILO_PROJECT`, `CILO_DNS_SUFFIX`, `CILO_BASE_URL`, `CILO_URL_…` are added where not set",
  ),
  "services.*.expose": isolated("container ports of `ports` are added"),
  "services.*.external_links": isolated("dropped with a notice"),
  "services.*.extra_hosts": isolated("an entry for a fixed address of a service becomes a name of that service"),
  "services.*.gpus": LISTED,
  "services.*.image": isolated(
    "`cilo.localhost/<home>/<project>/<environment>/<service>` where it is built here, for every user of it",
  ),
  "services.*.ipc": isolated(
    "`host` and foreign containers are dropped with a notice; a container of the project becomes `service:`",
  ),
  "services.*.label_file": isolated("read when the spec is made; its labels are in `labels`"),
  "services.*.labels": isolated(
    "the project's own stay; Cilo's are added; `….docker.network` follows a network to its new name",
  ),
  "services.*.links": isolated(
    "dependency and name on the common network; kept only where the name means another service there",
  ),
  "services.*.mac_address": FIXED_ADDRESS,
  "services.*.models": LISTED,
  "services.*.network_mode": isolated(
    "`none` and `service:` stay, a container of the project becomes `service:`; `host`, `bridge` and all else become the default network",
  ),
  "services.*.networks": isolated("services without any are on `default` explicitly"),
  "services.*.networks.*": carried("as it is"),
  "services.*.networks.*.aliases": isolated(
    "`<service>.<environment>.<suffix>`, extra host names, the former container name and link names are added",
  ),
  "services.*.networks.*.ipv4_address": FIXED_ADDRESS,
  "services.*.networks.*.ipv6_address": FIXED_ADDRESS,
  "services.*.networks.*.link_local_ips": FIXED_ADDRESS,
  "services.*.networks.*.mac_address": FIXED_ADDRESS,
  "services.*.pid": isolated(
    "`host` and foreign containers are dropped with a notice; a container of the project becomes `service:`",
  ),
  "services.*.ports": isolated("nothing is published; the name answers on the container's ports"),
  "services.*.post_start": carried("a privileged hook is listed as shared with the host"),
  "services.*.pre_stop": carried("a privileged hook is listed as shared with the host"),
  "services.*.privileged": LISTED,
  "services.*.profiles": isolated("dropped: the spec has the services of the chosen profiles and no others"),
  "services.*.provider": LISTED,
  "services.*.pull_policy": isolated("an image built here is never pulled; `build` stays"),
  "services.*.scale": isolated("`--scale` replaces it"),
  "services.*.security_opt": isolated(
    "seccomp profiles are moved into the workspace; what loosens is listed as shared",
  ),
  "services.*.use_api_socket": LISTED,
  "services.*.userns_mode": isolated("`host` is dropped with a notice"),
  "services.*.uts": isolated("`host` is dropped with a notice"),
  "services.*.volumes.bind.propagation": carried("`shared` and `rshared` are listed as shared with the host"),
  "services.*.volumes.read_only": isolated(
    "true for binds of what lies beside the project (`../…`), and for a shared service's of the source",
  ),
  "services.*.volumes.source": isolated(
    "binds are moved into the workspace; outside the project they stay and are listed",
  ),
  "services.*.volumes_from": isolated(
    "a container of the project becomes its service; foreign ones are dropped with a notice",
  ),
  networks: isolated("`default` is added where a network mode became it"),
  "networks.*": carried("as it is"),
  "networks.*.driver": isolated("always `bridge`"),
  "networks.*.driver_opts": isolated("only MTU, inter-container traffic, masquerading and interface prefix stay"),
  "networks.*.enable_ipv4": isolated("dropped"),
  "networks.*.enable_ipv6": isolated("dropped with a notice"),
  "networks.*.external": isolated("a private network instead, unless `keep_external` names it"),
  "networks.*.internal": isolated("also true for driver `none`"),
  "networks.*.ipam": isolated("one subnet of the environment's own block"),
  "networks.*.labels": MARKED,
  "networks.*.name": NAME,
  "volumes.*.driver": carried("data of a driver other than `local` is listed as shared"),
  "volumes.*.driver_opts": isolated("a device in the project is moved into the workspace; others are listed as shared"),
  "volumes.*.external": isolated("an empty volume instead, unless `keep_external` names it"),
  "volumes.*.labels": MARKED,
  "volumes.*.name": NAME,
  "configs.*.external": carried("Compose refuses it when it is used"),
  "configs.*.file": LOCAL_PATH,
  "configs.*.name": NAME,
  "secrets.*.external": carried("Compose refuses it when it is used"),
  "secrets.*.file": LOCAL_PATH,
  "secrets.*.name": NAME,
};

/**
 * The rule for an attribute, by its path with `*` for chosen names: its own, else that of the nearest attribute above.
 * `undefined`: carried without more to say.
 */
export function isolationRule(path: string): IsolationRule | undefined {
  const rule = Object.hasOwn(isolationRules, path) ? isolationRules[path] : undefined;
  if (rule !== undefined) return rule;
  const end = path.lastIndexOf(".");
  return end < 0 ? undefined : isolationRule(path.slice(0, end));
}
