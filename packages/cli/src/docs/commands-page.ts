import { application } from "../application.ts";
import { GENERATED } from "./generated.ts";
import { type CommandEntry, commandEntries } from "./command-entries.ts";

/** docs/reference/commands.md */
export function commandsPage(): string {
  const entries = commandEntries(application());
  return [
    "# Commands",
    GENERATED,
    "Flags and arguments may stand in any order, but for `run` and `exec`, whose own flags stand first. `cilo <command> --help` prints the same as here. Exit statuses: [exit-codes.md](exit-codes.md); what `--json` prints: [json.md](json.md).",
    table([
      ["command", "does"],
      ...entries.map(({ name, brief }) => [`[\`cilo ${name}\`](#cilo-${name.replaceAll(" ", "-")})`, brief]),
    ]),
    ...entries.flatMap(section),
  ]
    .join("\n\n")
    .concat("\n");
}

function section(entry: CommandEntry): string[] {
  return [
    `## cilo ${entry.name}`,
    `    ${entry.usage}`,
    entry.description,
    ...(entry.flags.length === 0
      ? []
      : [table([["flag", ""], ...entry.flags.map(({ form, brief }) => [`\`${form}\``, brief])])]),
    ...(entry.examples === undefined ? [] : [entry.examples.replaceAll(/^ {2}/gmu, "    ")]),
  ];
}

function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", String.raw`\|`)).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
