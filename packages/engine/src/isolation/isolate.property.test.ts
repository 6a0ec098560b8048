import { posix } from "node:path";
import { isCiloError } from "@cilo/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { EnvironmentSpec } from "../spec/spec.ts";
import {
  SOURCE,
  arbitraryIdentity,
  arbitraryLinks,
  arbitraryOptions,
  arbitrarySpec,
  workspaceOf,
} from "./arbitrary-spec.ts";
import type { IsolationInput } from "./input.ts";
import type { ComposeDocument, EnvironmentIdentity, IsolatedSpec } from "./isolated-spec.ts";
import { isolate, planNetworks } from "./isolate.ts";
import { isInside } from "./paths.ts";
import { inputOf, specOf } from "./testing.ts";

const isLong = process.env["CILO_TEST_LONG"] === "1";
/** Short runs draw the same cases every time; long ones draw new ones and print the seed when one fails. */
const parameters = isLong ? { numRuns: 10_000 } : { numRuns: 300, seed: 20_261_123 };

interface Case {
  readonly spec: EnvironmentSpec;
  readonly input: IsolationInput;
}

const twoIdentities = fc
  .tuple(arbitraryIdentity, arbitraryIdentity)
  .filter(([a, b]) => a.project !== b.project || a.environment !== b.environment || a.home !== b.home);

/** Two different environments, of any two projects, each with a spec that knows the other's names. */
const twoEnvironments = twoIdentities.chain(([a, b]) => fc.tuple(arbitraryCase(a, b, 1), arbitraryCase(b, a, 2)));

const oneEnvironment = twoIdentities.chain(([a, b]) => arbitraryCase(a, b, 1));

function arbitraryCase(identity: EnvironmentIdentity, other: EnvironmentIdentity, net: number): fc.Arbitrary<Case> {
  return fc
    .record({ spec: arbitrarySpec(other), options: arbitraryOptions(other), links: arbitraryLinks(identity, other) })
    .map(({ spec, options, links }) => {
      const input = inputOf({ identity, options, sourceRoot: SOURCE, workspaceRoot: workspaceOf(identity) }, links);
      return { spec, input: withSubnets(spec, input, net) };
    });
}

function withSubnets(spec: EnvironmentSpec, input: IsolationInput, net: number): IsolationInput {
  const needs = unlessRefused(() => planNetworks(spec, input)) ?? [];
  const subnets = Object.fromEntries(needs.map(({ key }, index) => [key, `10.${net}.${index}.0/28`]));
  return { ...input, allocation: { blocks: [`10.${net}.0.0/16`], subnets } };
}

/** Refusing a project with a reason is fine; failing otherwise is not. */
function unlessRefused<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (isCiloError(error)) return undefined;
    throw error;
  }
}

function isolateCase({ spec, input }: Case): IsolatedSpec {
  const isolated = unlessRefused(() => isolate(spec, input));
  fc.pre(isolated !== undefined);
  if (isolated === undefined) throw new Error("unreachable: fc.pre has ended the run");
  return isolated;
}

/** Every document that would be run: the environment's and those of its shared services. */
function documents(isolated: IsolatedSpec): ComposeDocument[] {
  return [isolated.document, ...isolated.shared.map(({ document }) => document)];
}

/** What Compose would take from or make on the whole machine: names at the engine, images, paths. */
function claims(document: ComposeDocument): string[] {
  const services = Object.values(document.services);
  const objects = [document.networks, document.volumes, document.configs, document.secrets].flatMap((section) =>
    Object.values(section ?? {}),
  );
  return [
    document.name,
    ...objects.map((object) => object?.name),
    ...services.flatMap((service) => [service.container_name, service.network_mode, service.pid, service.ipc]),
    ...services.flatMap((service) => service.external_links ?? []),
    ...services.flatMap((service) => service.volumes_from?.filter((entry) => entry.startsWith("container:"))),
    ...services.flatMap((service) =>
      service.build === undefined ? [] : [service.image, ...(service.build.tags ?? [])],
    ),
    ...Object.values(document.networks ?? {}).flatMap((network) => network?.ipam?.config?.map(({ subnet }) => subnet)),
    ...hostPaths(document),
  ].filter((claim) => claim !== undefined);
}

function hostPaths(document: ComposeDocument): string[] {
  const services = Object.values(document.services);
  const binds = services.flatMap((service) => service.volumes ?? []).filter(({ type }) => type === "bind");
  const builds = services.map(({ build }) => build).filter((build) => build !== undefined);
  const files = [...Object.values(document.configs ?? {}), ...Object.values(document.secrets ?? {})];
  const caches = builds.flatMap(({ cache_from, cache_to }) => [...(cache_from ?? []), ...(cache_to ?? [])]);
  return [
    ...binds.map(({ source }) => source),
    ...Object.values(document.volumes ?? {}).map((volume) => volume?.driver_opts?.["device"]),
    ...builds.flatMap(({ context, additional_contexts }) => [context, ...Object.values(additional_contexts ?? {})]),
    ...builds.map(({ context = "", dockerfile = "" }) =>
      context.startsWith("/") ? posix.resolve(context, dockerfile) : undefined,
    ),
    ...files.map(({ file }) => file),
    ...caches.flatMap((entry) => /(?:src|dest)=(.*)$/u.exec(entry)?.[1]),
  ]
    .filter((path) => path?.startsWith("/") === true)
    .filter((path) => path !== undefined);
}

/** The claims that are not on the list of what is shared. */
function ownClaims(isolated: IsolatedSpec, among: readonly ComposeDocument[]): string[] {
  const listed = new Set(isolated.sharedWithHost.map(({ what }) => what));
  return among.flatMap(claims).filter((claim) => !listed.has(claim));
}

test("no name, subnet, volume or path of one environment appears in another, unless it is listed as shared", () => {
  fc.assert(
    fc.property(twoEnvironments, ([first, second]) => {
      const [a, b] = [isolateCase(first), isolateCase(second)];
      const theirs = new Set(ownClaims(b, [b.document]));
      const common = ownClaims(a, documents(a)).filter((claim) => theirs.has(claim));
      expect(common.filter((claim) => !isRemote(claim))).toEqual([]);
      const inTheirs = ownClaims(a, documents(a)).filter((claim) => isInside(second.input.workspaceRoot, claim));
      expect(inTheirs).toEqual([]);
    }),
    parameters,
  );
});

/** Not of this machine, or within the document alone. */
function isRemote(claim: string): boolean {
  return claim.startsWith("https://") || ["none", "private", "db"].includes(claim) || claim.startsWith("service:");
}

test("shared services of different projects or homes have nothing in common either", () => {
  fc.assert(
    fc.property(twoEnvironments, ([first, second]) => {
      const [{ project, home }, other] = [first.input.identity, second.input.identity];
      fc.pre(project !== other.project || home !== other.home);
      const [a, b] = [isolateCase(first), isolateCase(second)];
      const sharedDocuments = (isolated: IsolatedSpec) => isolated.shared.map(({ document }) => document);
      const theirs = new Set(ownClaims(b, sharedDocuments(b)));
      expect(ownClaims(a, sharedDocuments(a)).filter((claim) => theirs.has(claim) && !isRemote(claim))).toEqual([]);
    }),
    parameters,
  );
});

test("every path of the document is in the workspace, really, or is listed as shared", () => {
  fc.assert(
    fc.property(oneEnvironment, (drawn) => {
      const { sharedWithHost, document } = isolateCase(drawn);
      const { realPath, workspaceRoot } = drawn.input;
      const listed = new Set(sharedWithHost.map(({ what }) => posix.resolve(what)));
      const isOwn = (path: string) => isInside(realPath(workspaceRoot), realPath(posix.resolve(path)));
      expect(hostPaths(document).filter((path) => !isOwn(path) && !listed.has(posix.resolve(path)))).toEqual([]);
    }),
    parameters,
  );
});

test("every network has a subnet of its own, every service is on networks that are there", () => {
  fc.assert(
    fc.property(oneEnvironment, (drawn) => {
      const { document, sharedWithHost } = isolateCase(drawn);
      const kept = new Set(sharedWithHost.filter(({ kind }) => kind === "network").map(({ what }) => what));
      const own = Object.entries(document.networks ?? {}).filter(([key, network]) => !kept.has(network?.name ?? key));
      const subnets = own.map(([, network]) => network?.ipam?.config?.map(({ subnet }) => subnet));
      expect(new Set(subnets.flat()).size).toBe(own.length);
      expect(own.filter(([, network]) => network?.external === true || network?.driver !== "bridge")).toEqual([]);
      const used = Object.values(document.services).flatMap(({ networks }) => Object.keys(networks ?? {}));
      expect(used.filter((key) => !Object.hasOwn(document.networks ?? {}, key))).toEqual([]);
    }),
    parameters,
  );
});

test("nothing of a service takes a port, a name, an address or a namespace of the host's", () => {
  fc.assert(
    fc.property(oneEnvironment, (drawn) => {
      const services = documents(isolateCase(drawn)).flatMap((document) => Object.values(document.services));
      for (const service of services) {
        for (const gone of [
          "ports",
          "container_name",
          "mac_address",
          "external_links",
          "uts",
          "userns_mode",
          "profiles",
        ])
          expect(service).not.toHaveProperty(gone);
        for (const mode of [service.network_mode, service.pid, service.ipc, service.cgroup])
          expect(mode ?? "").toMatch(/^(?:|none|private|shareable|bridge|service:.*)$/su);
        for (const network of Object.values(service.networks ?? {})) expect(network?.ipv4_address).toBeUndefined();
      }
    }),
    parameters,
  );
});

test("equal inputs give equal output, and no input is changed", () => {
  fc.assert(
    fc.property(oneEnvironment, (drawn) => {
      const before = JSON.stringify(drawn);
      const frozen = { spec: deepFreeze(drawn.spec), input: deepFreeze(drawn.input) };
      const first = JSON.stringify(isolateCase(frozen));
      expect(JSON.stringify(isolateCase({ ...drawn, spec: structuredClone(drawn.spec) }))).toBe(first);
      expect(JSON.stringify(drawn)).toBe(before);
    }),
    parameters,
  );
});

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}

test("what is isolated already stays as it is when it is isolated again", () => {
  fc.assert(
    fc.property(oneEnvironment, (drawn) => {
      const first = isolateCase(drawn);
      const { document } = first;
      fc.pre(first.shared.length === 0);
      const options = { ...drawn.input.options, share: [], isolate: Object.keys(document.services) };
      const ingress = first.ingress === undefined ? {} : { ingress: first.ingress };
      const again = isolate({ ...drawn.spec, ...document }, { ...drawn.input, options: { ...options, ...ingress } });
      expect(again.document).toEqual(document);
    }),
    parameters,
  );
});

test("a project of 10,000 services is isolated in seconds", () => {
  const services = Object.fromEntries(
    Array.from({ length: 10_000 }, (_, index) => [
      `s${index}`,
      { image: "a", ports: [{ target: 80, published: "80" }], links: index === 0 ? [] : [`s${index - 1}:x${index}`] },
    ]),
  );
  const allocation = { blocks: ["10.0.0.0/16"], subnets: { default: "10.0.0.0/16" } };
  const started = performance.now();
  isolate(specOf(services), { ...inputOf(), allocation });
  expect(performance.now() - started).toBeLessThan(20_000);
});
