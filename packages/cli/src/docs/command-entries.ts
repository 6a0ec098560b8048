import type { Application, Command, RouteMap } from "@stricli/core";
import type { CiloContext } from "../context.ts";

/** A command as it is documented. */
export interface CommandEntry {
  /** The words typed after `cilo`. */
  readonly name: string;
  readonly usage: string;
  readonly brief: string;
  /** Whole sentences, the brief first. */
  readonly description: string;
  /** Command lines. */
  readonly examples: string | undefined;
  readonly flags: readonly { readonly form: string; readonly brief: string }[];
}

/** Every command that is not hidden, in the order of the application. */
export function commandEntries({ root }: Application<CiloContext>): CommandEntry[] {
  return isRouteMap(root) ? entriesOf(root, []) : [];
}

function entriesOf(routes: RouteMap<CiloContext>, prefix: readonly string[]): CommandEntry[] {
  return routes
    .getAllEntries()
    .filter(({ hidden }) => !hidden)
    .flatMap(({ name, target }) => {
      const words = [...prefix, name["convert-camel-to-kebab"]];
      return isRouteMap(target) ? entriesOf(target, words) : [entryOf(words.join(" "), target)];
    });
}

function isRouteMap(target: RouteMap<CiloContext> | Command<CiloContext>): target is RouteMap<CiloContext> {
  return "getAllEntries" in target;
}

function entryOf(name: string, command: Command<CiloContext>): CommandEntry {
  const flags = flagsOf(command);
  const [description = command.brief, examples] = command.fullDescription?.split("\n\n") ?? [];
  return {
    name,
    usage: ["cilo", name, ...(flags.length > 0 ? ["[flags]"] : []), ...argumentsOf(command)].join(" "),
    brief: command.brief,
    description,
    examples,
    flags,
  };
}

function argumentsOf({ parameters: { positional } }: Command<CiloContext>): string[] {
  if (positional === undefined) return [];
  if (positional.kind === "array") {
    const words = (positional.parameter.placeholder ?? "arg").split(" ");
    return words.map((word, index) => argument(word, index < (positional.minimum ?? 0), index === words.length - 1));
  }
  return positional.parameters.map((one) => argument(one.placeholder ?? "arg", one.optional !== true, false));
}

function argument(word: string, isNeeded: boolean, isLast: boolean): string {
  const name = word.replaceAll(/[[\]]/gu, "");
  return `${isNeeded ? `<${name}>` : `[${name}]`}${isLast ? "…" : ""}`;
}

function flagsOf({ parameters }: Command<CiloContext>): { form: string; brief: string }[] {
  return Object.entries(parameters.flags ?? {}).map(([name, flag]) => {
    const alias = Object.entries(parameters.aliases ?? {}).find(([, target]) => target === name)?.[0];
    const long = `--${kebab(name)}`;
    const value =
      flag.kind === "enum"
        ? ` ${flag.values.join("|")}`
        : flag.kind === "parsed"
          ? ` ${(flag.placeholder ?? "value").toUpperCase()}`
          : "";
    const fallback =
      !("default" in flag) || flag.kind === "boolean" || flag.default === undefined
        ? ""
        : ` (default ${String(flag.default)})`;
    return { form: `${alias === undefined ? "" : `-${alias}, `}${long}${value}`, brief: `${flag.brief}${fallback}` };
  });
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`);
}
