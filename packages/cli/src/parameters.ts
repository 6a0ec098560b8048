import { CiloError } from "@cilo/base";
import { parseLabel } from "@cilo/engine";
import type { CiloContext } from "./context.ts";
import { CliCode } from "./errors.ts";

/** A value taken as it is. */
export const text = (input: string): string => input;

/** The flags every command has. */
export const globalFlags = {
  json: { kind: "boolean", brief: "Print the answer as JSON", withNegated: false },
  quiet: { kind: "boolean", brief: "Print no progress and no notices", withNegated: false },
} as const;

/** A flag that is given or not. */
export const toggle = (brief: string) => ({ kind: "boolean", brief, withNegated: false }) as const;

/** A flag with one value. */
export const value = (brief: string, placeholder: string) =>
  ({ kind: "parsed", parse: text, optional: true, brief, placeholder }) as const;

/** A flag that may be given again and again. */
export const values = (brief: string, placeholder: string) =>
  ({ kind: "parsed", parse: text, variadic: true, optional: true, brief, placeholder }) as const;

/** The name of an environment that is there. */
export const environment = {
  parse: (input: string) => parseLabel(input, "environment"),
  brief: "Name of the environment",
  placeholder: "env",
  proposeCompletions: async function propose(this: CiloContext) {
    const { environmentNames } = await import("./completion/candidates.ts");
    return await environmentNames(this);
  },
} as const;

/** The name of a service of the environment named before it. */
export const service = {
  parse: text,
  brief: "Name of the service",
  placeholder: "service",
  proposeCompletions: async function propose(this: CiloContext) {
    const { serviceNames } = await import("./completion/candidates.ts");
    return await serviceNames(this);
  },
} as const;

/** A whole number of at least `least`. */
export function wholeNumber(least: number): (input: string) => number {
  return (input) => {
    const number = Number(input);
    if (input.trim() !== "" && Number.isSafeInteger(number) && number >= least) return number;
    throw new CiloError(CliCode.usage, `it must be a whole number of at least ${least}`);
  };
}

/** A time in seconds, as milliseconds. */
export function seconds(input: string): number {
  const number = Number(input);
  if (input.trim() !== "" && number > 0 && number <= 86_400) return number * 1000;
  throw new CiloError(CliCode.usage, "it must be a number of seconds up to 86400");
}

/** `SVC=N` */
export function scale(input: string): readonly [service: string, containers: number] {
  const at = input.lastIndexOf("=");
  if (at < 1) throw new CiloError(CliCode.usage, "it must be SERVICE=NUMBER");
  return [input.slice(0, at), wholeNumber(0)(input.slice(at + 1))];
}

/** The object without its undefined members. */
export function given<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> };
export function given(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, member]) => member !== undefined));
}

/** `<env> [service…]`: the parser knows either a fixed number of arguments or a list of one kind. */
export const environmentAndServices = {
  kind: "array",
  minimum: 1,
  parameter: {
    parse: text,
    brief: "Name of the environment, then names of services (default: all)",
    placeholder: "env [service]",
    proposeCompletions: async function propose(this: CiloContext) {
      const { environmentsOrServices } = await import("./completion/candidates.ts");
      return await environmentsOrServices(this);
    },
  },
} as const;
