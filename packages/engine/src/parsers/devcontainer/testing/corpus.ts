import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import * as z from "zod/mini";
import type { ParseOptions } from "../../parser.ts";
import { projectFiles } from "../../project-files.ts";
import { printDevcontainer, readDevcontainer } from "../configuration.ts";

/** Real devcontainers with what the reference makes of each, beside the repository. */
const CORPUS: string = resolve(import.meta.dirname, "../../../../../../../shared/devcontainer-corpus");

/** Cases the corpus has; an absent corpus is told by this number. */
export const CORPUS_SIZE = 60;

const About = z.object({ config: z.string(), location: z.string() });

export interface CorpusCase {
  readonly name: string;
  /** Absolute. */
  readonly project: string;
  /** The folder below `.devcontainer`, where the case has one. */
  readonly devcontainer?: string;
  readonly expected: unknown;
}

/** The environment that the reference had. */
const CORPUS_ENV: Readonly<Record<string, string>> = { PATH: "/usr/bin:/bin", HOME: "/home/cilo", USER: "cilo" };

/** The cases of the corpus; none when it is not there. */
export function corpusCases(): CorpusCase[] {
  if (!existsSync(CORPUS)) return [];
  const folders = readdirSync(CORPUS, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.map(({ name }) => {
    const about = About.parse(readJson(join(CORPUS, name, "case.json")));
    const devcontainer = about.location === "subfolder" ? about.config.split("/").at(1) : undefined;
    return {
      name,
      project: join(CORPUS, name, "project"),
      ...(devcontainer === undefined ? {} : { devcontainer }),
      expected: readJson(join(CORPUS, name, "expected.json")),
    };
  });
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}

/** What is printed of a case, `undefined` when it is as the reference has it. */
export function difference(one: CorpusCase, printed: unknown): unknown {
  const text = JSON.stringify(printed).replaceAll(one.project, "<PROJECT>");
  const got: unknown = JSON.parse(text);
  return isDeepStrictEqual(got, one.expected) ? undefined : { expected: one.expected, got };
}

/** What the parser is given for a case. */
export function optionsOf({ project, devcontainer }: CorpusCase): ParseOptions {
  return {
    files: projectFiles(),
    env: CORPUS_ENV,
    workingDir: project,
    ...(devcontainer === undefined ? {} : { devcontainer }),
  };
}

/** The case as it is printed. */
export function printed(one: CorpusCase): object {
  return printDevcontainer(readDevcontainer({ ...optionsOf(one), mountGitRoot: false }));
}
