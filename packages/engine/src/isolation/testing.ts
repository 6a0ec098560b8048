import type { EnvironmentSpec, Service } from "../spec/spec.ts";
import type { IsolationInput, IsolationOptions } from "./input.ts";
import type { EnvironmentIdentity, IsolatedSpec } from "./isolated-spec.ts";
import { isolate, planNetworks } from "./isolate.ts";

/** For tests: the source project lies in `/src/shop`, its copy in `/home/u/.cilo/envs/shop/agent-1/workspace`. */
export const SOURCE = "/src/shop";
export const WORKSPACE = "/home/u/.cilo/envs/shop/agent-1/workspace";

export const identity: EnvironmentIdentity = {
  project: "shop",
  environment: "agent-1",
  home: "0a1b2c3d",
  suffix: ".test",
};

/** A spec of these services. */
export function specOf(
  services: Readonly<Record<string, Service>>,
  rest: Partial<EnvironmentSpec> = {},
): EnvironmentSpec {
  return {
    specVersion: 1,
    name: "shop",
    source: "compose",
    projectDir: SOURCE,
    files: [`${SOURCE}/compose.yaml`],
    services,
    notices: [],
    ...rest,
  };
}

export type Choices = Partial<Omit<IsolationInput, "options">> & { readonly options?: Partial<IsolationOptions> };

/** What {@link isolate} is given; `links` are symbolic links on the host, path → where it leads. */
export function inputOf(choices: Choices = {}, links: Readonly<Record<string, string>> = {}): IsolationInput {
  const { options, ...rest } = choices;
  return {
    identity,
    allocation: { blocks: [], subnets: {} },
    sourceRoot: SOURCE,
    workspaceRoot: WORKSPACE,
    realPath: (path) => followLinks(path, links),
    ...rest,
    options: { share: [], isolate: [], keepExternal: [], scale: {}, hostnames: {}, ...options },
  };
}

function followLinks(path: string, links: Readonly<Record<string, string>>): string {
  for (const [link, target] of Object.entries(links))
    if (path === link || path.startsWith(`${link}/`)) return followLinks(target + path.slice(link.length), links);
  return path;
}

/** The isolated spec, every network on a /28 of 10.223.0.0/16. */
export function isolateWith(spec: EnvironmentSpec, input: IsolationInput = inputOf()): IsolatedSpec {
  const needs = planNetworks(spec, input);
  const subnets = Object.fromEntries(
    needs.map(({ key }, index) => [key, `10.223.${index >> 4}.${(index & 15) * 16}/28`]),
  );
  return isolate(spec, { ...input, allocation: { ...input.allocation, blocks: ["10.223.0.0/24"], subnets } });
}

/** One service of the isolated document. */
export function isolatedService(spec: EnvironmentSpec, name: string, input?: IsolationInput): Service {
  const service = isolateWith(spec, input).document.services[name];
  if (service === undefined) throw new Error(`no service ${name} in the document`);
  return service;
}

/** The codes of the notices, each once. */
export function noticeCodes(isolated: IsolatedSpec): string[] {
  return [...new Set(isolated.notices.map((notice) => notice.code))];
}
