import { join } from "node:path";
import { CiloError, type Problem, problemLine, readFileIfThere } from "@cilo/base";
import { type Document, LineCounter, isAlias, isNode, parseDocument } from "yaml";
import type * as z from "zod/mini";
import { EngineCode } from "../errors.ts";
import { projectFiles } from "../parsers/project-files.ts";
import { isDnsLabel } from "../spec/names.ts";
import { ConfigFile, KNOWN_KEYS } from "./config-schema.ts";
import type { ProjectConfig } from "./config.ts";
import { nearest } from "./nearest.ts";

/** Where a project's configuration lies in its folder. */
export const CONFIG_PATH = join(".cilo", "config.yml");

/** Far above any real one; a bigger file is refused before it is parsed. */
const MAX_BYTES = 1024 * 1024;

/**
 * Reads `.cilo/config.yml` of a project folder; an absent or empty file is the default configuration. With `within`,
 * one that a link leads out of that folder is absent.
 *
 * @throws CiloError `CONFIG_INVALID` with every problem, each with its line.
 */
export async function readProjectConfig(
  projectDir: string,
  options: { readonly within?: string | undefined } = {},
): Promise<ProjectConfig> {
  const path = join(projectDir, CONFIG_PATH);
  const text = options.within === undefined ? await readFileIfThere(path) : readConfined(path, options.within);
  return parseProjectConfig(text ?? "", CONFIG_PATH);
}

/** The file's text where it lies in the folder, links followed; `undefined` where it does not or is not there. */
function readConfined(path: string, folder: string): string | undefined {
  const files = projectFiles(undefined, { within: [folder] });
  return files.kind(path) === "file" ? Buffer.from(files.read(path)).toString("utf8") : undefined;
}

/** {@link readProjectConfig} for a text; `file` is how problems name it. */
export function parseProjectConfig(text: string, file: string): ProjectConfig {
  if (text.length > MAX_BYTES) throw invalid([{ file, message: "is larger than 1 MB" }]);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): Pick<Problem, "file" | "line" | "column"> => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  if (document.errors.length > 0)
    throw invalid(document.errors.map((error) => ({ ...place(error.pos[0]), message: firstLine(error.message) })));
  const at = (path: readonly PropertyKey[]): Pick<Problem, "file" | "line" | "column"> =>
    place(offsetOf(document, path));
  const checked = ConfigFile.safeParse(plainValue(document, file) ?? {});
  if (!checked.success) throw invalid(checked.error.issues.flatMap((issue) => problemsOf(issue, at)));
  const problems = meaningProblems(checked.data, at);
  if (problems.length > 0) throw invalid(problems);
  return projectConfig(checked.data);
}

/** The document's value; too many aliases (a YAML bomb) is a problem of the file. */
function plainValue(document: Document.Parsed, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw invalid([{ file, line: 1, message: cause instanceof Error ? firstLine(cause.message) : "cannot be read" }]);
  }
}

/** Where the value at the path stands, or the nearest thing around it that stands in the file. */
function offsetOf(document: Document.Parsed, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const node: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node) && !isAlias(node) && node.range) return node.range[0];
  }
  return 0;
}

type Place = (path: readonly PropertyKey[]) => Pick<Problem, "file" | "line" | "column">;

function problemsOf(issue: z.core.$ZodIssue, at: Place): Problem[] {
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(issue.path, key, at));
  const attribute = attributeOf(issue.path);
  return [{ ...at(issue.path), ...(attribute === "" ? {} : { attribute }), message: expectation(issue) }];
}

function unknownKey(path: readonly PropertyKey[], key: string, at: Place): Problem {
  const mapping = path.map((part) => (typeof part === "number" ? "*" : String(part))).join(".");
  const known = KNOWN_KEYS[mapping] ?? [];
  const meant = nearest(key, known);
  return {
    ...at([...path, key]),
    attribute: attributeOf([...path, key]),
    message: "is not a key this file knows",
    hint: meant === undefined ? `Known here: ${known.join(", ")}` : `Did you mean ${meant}?`,
  };
}

function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type") return `must be a ${issue.expected === "array" ? "list" : issue.expected}`;
  if (issue.code === "invalid_value") return `must be one of ${issue.values.map(String).join(", ")}`;
  return "is not valid here";
}

/** What types cannot say: names are labels, suffixes have a dot, no path leads out of the project's tree by itself. */
function meaningProblems(config: ConfigFile, at: Place): Problem[] {
  const problems: Problem[] = [];
  const report = (path: readonly PropertyKey[], message: string): void =>
    void problems.push({ ...at(path), attribute: attributeOf(path), message });
  if (config.project !== undefined && !isDnsLabel(config.project))
    report(["project"], "must be a DNS label: 1 to 63 of a-z, 0-9 and -, a letter or digit first and last");
  if (config.dns_suffix !== undefined && !isDnsSuffix(config.dns_suffix))
    report(["dns_suffix"], "must be a domain with its leading dot, such as .test");
  for (const [service, hostnames] of Object.entries(config.hostnames ?? {}))
    for (const [index, hostname] of hostnames.entries())
      if (!isHostname(hostname)) report(["hostnames", service, index], "must be a whole host name, such as shop.test");
  for (const [index, rule] of (config.env?.render ?? []).entries())
    if (leadsOut(rule.file)) report(["env", "render", index, "file"], "must be a path inside the project");
  return problems;
}

function isDnsSuffix(text: string): boolean {
  return text.startsWith(".") && isHostname(text.slice(1));
}

function isHostname(text: string): boolean {
  return text.length <= 253 && text.split(".").every(isDnsLabel);
}

function leadsOut(path: string): boolean {
  return path === "" || path.startsWith("/") || path.split("/").includes("..");
}

function projectConfig(file: ConfigFile): ProjectConfig {
  return {
    ...(file.project === undefined ? {} : { project: file.project }),
    composeFiles: file.compose_files ?? [],
    envFiles: file.env_files ?? [],
    profiles: file.profiles ?? [],
    ...(file.dns_suffix === undefined ? {} : { dnsSuffix: file.dns_suffix }),
    ...(file.ingress === undefined ? {} : { ingress: file.ingress }),
    hostnames: file.hostnames ?? {},
    share: file.share ?? [],
    keepExternal: file.keep_external ?? [],
    copy: { ignore: file.copy?.ignore ?? [], dotDirs: file.copy?.dot_dirs ?? [] },
    env: {
      copyMode: file.env?.copy_mode ?? "all",
      copy: file.env?.copy ?? [],
      ignore: file.env?.ignore ?? [],
      ...(file.env?.init_hook === undefined ? {} : { initHook: file.env.init_hook }),
      render: (file.env?.render ?? []).map((rule) => ({
        file: rule.file,
        tokens: rule.tokens ?? true,
        replace: rule.replace ?? {},
      })),
    },
    ...(file.runtime === undefined ? {} : { runtime: file.runtime }),
  };
}

function attributeOf(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => (typeof part === "number" ? `[${part}]` : `${index > 0 ? "." : ""}${String(part)}`))
    .join("");
}

function firstLine(text: string): string {
  return (text.split("\n")[0] ?? "").replace(/[.:]$/u, "");
}

function invalid(problems: readonly Problem[]): CiloError {
  const sorted = [...problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  const [first] = sorted;
  return new CiloError(EngineCode.configInvalid, first === undefined ? CONFIG_PATH : problemLine(first), {
    problems: sorted,
    ...(first?.hint === undefined ? {} : { hint: first.hint }),
  });
}
