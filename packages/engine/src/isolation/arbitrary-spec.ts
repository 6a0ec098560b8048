import fc from "fast-check";
import type { EnvironmentSpec, Service } from "../spec/spec.ts";
import type { IsolationOptions } from "./input.ts";
import type { EnvironmentIdentity } from "./isolated-spec.ts";
import { composeProjectName, imageName } from "./names.ts";

/**
 * For property tests: hostile specs of one project at `/src/shop`, which know the names of a victim's objects and try
 * to reach them, and hosts whose symbolic links lead in and out of everything.
 */

export const SOURCE = "/src/shop";

/** Few and alike, so that two drawn at random are often nearly the same. */
const label = fc.constantFrom("a", "b", "a-b", "b-a", "shared", "0a1b2c3d", "web");

export const arbitraryIdentity: fc.Arbitrary<EnvironmentIdentity> = fc.record({
  project: label,
  environment: label,
  home: fc.constantFrom("0a1b2c3d", "ffffffff"),
  suffix: fc.constantFrom(".test", ".dev.test"),
});

export function workspaceOf({ home, project, environment }: EnvironmentIdentity): string {
  return `/home/${home}/.cilo/envs/${project}/${environment}/workspace`;
}

const serviceName = fc.constantFrom("web", "db", "a", "b", "my_api", "constructor", "toString");
const networkKey = fc.constantFrom("default", "front", "back", "constructor", "__proto__", "a_b");
const volumeKey = fc.constantFrom("data", "Data", "web_data", "valueOf");
const words = fc.string({ maxLength: 12 });

/** Names at the engine and paths on the host that belong to the environment `victim`. */
function prey(victim: EnvironmentIdentity) {
  const project = composeProjectName(victim);
  return {
    project,
    network: `${project}_front`,
    volume: `${project}_data`,
    container: `${project}-web-1`,
    image: imageName(victim, "web"),
    workspace: workspaceOf(victim),
  };
}

type Prey = ReturnType<typeof prey>;

function hostPath({ workspace }: Prey): fc.Arbitrary<string> {
  return fc.oneof(
    fc
      .constantFrom("", "/data", "/link/x", "/out", "/in/deep", "/../shared", "/../../etc", "/a/../b", "/./c/")
      .map((path) => SOURCE + path),
    fc.constantFrom("/etc/localtime", "/var/run/docker.sock", "/", "/src", "/src/shop-2", "/home/u/.aws", "/into/data"),
    fc.constantFrom("", "/data", "/..").map((path) => workspace + path),
  );
}

/** Path → where it leads. None leads to what begins with itself, so following them ends. */
export function arbitraryLinks(identity: EnvironmentIdentity, victim: EnvironmentIdentity) {
  const own = workspaceOf(identity);
  const targets = ["/etc", "/src/shared", `${SOURCE}/data`, `${workspaceOf(victim)}/data`, `${own}/data`];
  const target = fc.constantFrom(...targets);
  const optionalTarget = fc.option(target, { nil: undefined });
  return fc
    .record({
      [`${SOURCE}/link`]: optionalTarget,
      [`${SOURCE}/out`]: optionalTarget,
      [`${own}/link`]: optionalTarget,
      [`${own}/out`]: optionalTarget,
      [`${own}/in`]: optionalTarget,
      "/into": fc.constantFrom(SOURCE, own, undefined),
    })
    .map((links) =>
      Object.fromEntries(Object.entries(links).flatMap(([from, to]) => (to === undefined ? [] : [[from, to]]))),
    );
}

function some<T>(of: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc.array(of, { maxLength: 3 });
}

function mode(prey: Prey): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom("host", "none", "bridge", "service:web", "service:db", "container:pg", prey.network),
    fc.constant(`container:${prey.container}`),
  );
}

const image = (prey: Prey): fc.Arbitrary<string> => fc.constantFrom("postgres", "shop/app", "shop/app:dev", prey.image);

function attachment() {
  const field = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
  return fc.option(
    fc
      .record({
        aliases: field(some(words)),
        ipv4_address: field(fc.constant("172.20.0.5")),
        priority: field(fc.nat()),
      })
      .map(defined),
    { nil: null },
  );
}

function mount(prey: Prey) {
  return fc.oneof(
    fc.record({ type: fc.constant("bind"), source: hostPath(prey), target: fc.constant("/t") }),
    fc.record({ type: fc.constant("volume"), source: volumeKey, target: fc.constant("/v") }),
    fc.record({ type: fc.constant("image"), source: image(prey), target: fc.constant("/i") }),
    fc.constant({ type: "tmpfs", target: "/m" }),
  );
}

function build(prey: Prey) {
  return fc
    .record(
      {
        context: fc.oneof(hostPath(prey), fc.constant("https://example.com/a.git")),
        dockerfile: fc.oneof(fc.constantFrom("Dockerfile", "../Dockerfile"), hostPath(prey)),
        tags: some(fc.constantFrom("shop/app", prey.image)),
        additional_contexts: fc.dictionary(fc.constantFrom("x", "y"), hostPath(prey)),
        cache_from: some(hostPath(prey).map((path) => `type=local,src=${path}`)),
        cache_to: some(fc.constantFrom("type=inline", `type=local,dest=${prey.workspace}`)),
        args: fc.dictionary(fc.constantFrom("BASE", "X"), fc.option(words, { nil: null })),
      },
      { requiredKeys: ["context"] },
    )
    .map(defined);
}

function service(prey: Prey): fc.Arbitrary<Service> {
  return fc
    .record(
      {
        image: image(prey),
        build: build(prey),
        container_name: fc.constantFrom("pg", "web", prey.container),
        network_mode: mode(prey),
        networks: fc.dictionary(networkKey, attachment(), { maxKeys: 3 }),
        ports: some(fc.record({ target: fc.nat(65_535), published: fc.constantFrom("80", "8000-8010", "") })),
        expose: some(fc.constantFrom("80", "3000-3002", "53/udp", "nonsense")),
        volumes: some(mount(prey)),
        volumes_from: some(fc.constantFrom("db", `container:${prey.container}`, "container:pg:ro")),
        depends_on: fc.dictionary(serviceName, fc.constant({ condition: "service_started" }), { maxKeys: 2 }),
        links: some(fc.constantFrom("db", "web:db", "a:x", "b:x")),
        external_links: some(fc.constant(`${prey.container}:db`)),
        extra_hosts: some(fc.constantFrom("x=172.20.0.5", "h=host-gateway", "y:172.20.0.5")),
        pid: mode(prey),
        ipc: mode(prey),
        uts: fc.constant("host"),
        userns_mode: fc.constant("host"),
        cgroup: fc.constantFrom("host", "private"),
        environment: fc.dictionary(words, fc.option(words, { nil: null })),
        labels: fc.dictionary(
          fc.constantFrom("cilo.share", "cilo.home", "cilo.environment", "cilo.ingress", "x"),
          fc.constantFrom("true", "b", "c", "d"),
        ),
        profiles: some(words),
        restart: fc.constant("always"),
        scale: fc.nat(5),
        mac_address: fc.constant("02:42:ac:11:00:01"),
        privileged: fc.boolean(),
      },
      { requiredKeys: ["image"] },
    )
    .map((drawn) => {
      const { network_mode, ...rest } = drawn;
      return defined(
        drawn.networks !== undefined && Object.keys(drawn.networks).length > 0 ? rest : { ...rest, network_mode },
      );
    });
}

function network(prey: Prey) {
  return fc
    .record(
      {
        name: fc.constantFrom("front", prey.network),
        external: fc.boolean(),
        internal: fc.boolean(),
        driver: fc.constantFrom("bridge", "host", "macvlan", "overlay", "none", ""),
        driver_opts: fc.dictionary(
          fc.constantFrom("parent", "com.docker.network.bridge.name", "com.docker.network.driver.mtu"),
          words,
        ),
        enable_ipv6: fc.boolean(),
        ipam: fc.record({
          driver: fc.constant("x"),
          config: some(fc.record({ subnet: fc.constant("172.20.0.0/24"), gateway: fc.constant("172.20.0.1") })),
        }),
        labels: fc.dictionary(fc.constantFrom("cilo.home", "x"), words),
      },
      { requiredKeys: [] },
    )
    .map(defined);
}

function volume(prey: Prey) {
  return fc
    .record(
      {
        name: fc.constantFrom("data", prey.volume),
        external: fc.boolean(),
        driver: fc.constantFrom("local", "plugin"),
        driver_opts: hostPath(prey).map((device) => ({ type: "none", o: "bind", device })),
      },
      { requiredKeys: [] },
    )
    .map(defined);
}

function fileObject(prey: Prey) {
  return fc.oneof(
    hostPath(prey).map((file) => ({ file })),
    fc.constantFrom({ environment: "TOKEN" }, { content: "x" }, { name: prey.volume, content: "y" }),
  );
}

/** Specs that a parser would let through, and some that it would not. */
export function arbitrarySpec(victim: EnvironmentIdentity): fc.Arbitrary<EnvironmentSpec> {
  const known = prey(victim);
  const files = fc.dictionary(fc.constantFrom("key", "conf"), fileObject(known));
  return fc.record({
    specVersion: fc.constant(1),
    name: words,
    source: fc.constant("compose"),
    projectDir: fc.constant(SOURCE),
    files: fc.constant([`${SOURCE}/compose.yaml`]),
    services: fc.dictionary(serviceName, service(known), { minKeys: 1, maxKeys: 4 }),
    networks: fc.dictionary(networkKey, fc.option(network(known), { nil: null })),
    volumes: fc.dictionary(volumeKey, fc.option(volume(known), { nil: null })),
    configs: files,
    secrets: files,
    notices: fc.constant([]),
  });
}

export function arbitraryOptions(victim: EnvironmentIdentity): fc.Arbitrary<IsolationOptions> {
  const known = prey(victim);
  return fc.record({
    share: rarely(serviceName),
    isolate: fc.array(serviceName, { maxLength: 4 }),
    keepExternal: fc.array(fc.constantFrom("front", "data", known.network, known.volume), { maxLength: 1 }),
    scale: fc.constant({}),
    hostnames: fc.constant({}),
  });
}

/** Most specs that share at random are refused, which proves little. */
function rarely<T>(of: fc.Arbitrary<T>): fc.Arbitrary<readonly T[]> {
  return fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(of, { maxLength: 1 }) });
}

function defined<T extends Record<string, unknown>>(record: T): { [K in keyof T]: Exclude<T[K], undefined> };
function defined(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}
