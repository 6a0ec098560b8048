import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { isCiloError } from "@cilo/base";
import { EnvironmentSpec } from "../../../spec/spec.ts";
import { projectFiles } from "../../project-files.ts";
import { procfileParser } from "../procfile-parser.ts";

/** Real projects with a Procfile, beside the repository. */
const CORPUS: string = resolve(import.meta.dirname, "../../../../../../../shared/procfile-corpus");

/** Cases the corpus has; an absent corpus is told by this number. */
export const CORPUS_SIZE = 22;

/** The cases of the corpus; none when it is not there. */
export function corpusCases(): string[] {
  if (!existsSync(CORPUS)) return [];
  return readdirSync(CORPUS, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted();
}

/** What is found in a case, a line for each thing; the error where there is one. */
export function summary(name: string): string[] {
  try {
    const spec = procfileParser.parse({
      files: projectFiles(),
      env: { HOME: "/home/cilo" },
      workingDir: join(CORPUS, name, "project"),
    });
    EnvironmentSpec.parse(spec);
    return [
      ...(spec.detected ?? []).map(
        (one) =>
          `${[one.language, one.version, one.runtime ?? "", one.manager].filter((text) => text !== "").join(" ")} (${one.versionSource})`,
      ),
      (spec.processes ?? []).map((one) => `${one.service} ${one.role}`).join(", "),
      (spec.addons ?? []).map(({ engine, env }) => `${engine} ${env.join(" ")}`).join(", "),
    ];
  } catch (error) {
    if (!isCiloError(error)) throw error;
    return [error.message];
  }
}
