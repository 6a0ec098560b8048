import { type Problem } from "@cilo/base";
import { invalid } from "./project.ts";

export type Role = "web" | "worker" | "release" | "oneoff";

export interface Process {
  /** As in the Procfile. */
  readonly name: string;
  /** Its name as a service, a DNS label. */
  readonly service: string;
  readonly role: Role;
  /** For a shell. */
  readonly command: string;
}

/** Processes that are there to be run by hand. */
const ONE_OFF: ReadonlySet<string> = new Set(["console", "rake"]);

const LINE = /^\s*([A-Za-z0-9_-]+)\s*:\s*(\S.*)$/u;

/**
 * The processes of a Procfile, in its order.
 * @throws CiloError `PROJECT_INVALID` with every line that is wrong
 */
export function parseProcfile(text: string, file: string): Process[] {
  const problems: Problem[] = [];
  const lines = new Map<string, number>();
  const processes: Process[] = [];
  for (const [index, content] of text.split("\n").entries()) {
    if (content.trim() === "" || content.trimStart().startsWith("#")) continue;
    const place = { file, line: index + 1, column: 1 };
    const [, name, command] = LINE.exec(content) ?? [];
    if (name === undefined || command === undefined) {
      problems.push({ ...place, message: "this line is no process", hint: "Write NAME: COMMAND" });
      continue;
    }
    const process = processOf(name, command.trim());
    const earlier = lines.get(process.service);
    if (earlier !== undefined)
      problems.push({ ...place, message: `the process ${process.service} is in line ${earlier} already` });
    else if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u.test(process.service))
      problems.push({ ...place, message: `${JSON.stringify(name)} cannot be a host name` });
    lines.set(process.service, index + 1);
    processes.push(process);
  }
  if (processes.length === 0 && problems.length === 0)
    problems.push({ file, line: 1, column: 1, message: "the Procfile has no process", hint: "Write NAME: COMMAND" });
  if (problems.length > 0) throw invalid(problems);
  return processes;
}

function processOf(name: string, command: string): Process {
  const role =
    name === "web" || name === "release" ? name : ONE_OFF.has(name.toLowerCase()) ? ("oneoff" as const) : "worker";
  return { name, service: name.toLowerCase().replaceAll("_", "-"), role, command };
}
