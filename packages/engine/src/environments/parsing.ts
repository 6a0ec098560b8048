import { readFileSync, realpathSync, statSync } from "node:fs";
import { CiloError } from "@cilo/base";
import type { Parser, ProjectFiles } from "../parsers/parser.ts";
export function projectFiles(mapping?: { source: string; copy: string }): ProjectFiles {
  const at = (p: string) =>
    mapping !== undefined && p.startsWith(mapping.source) ? mapping.copy + p.slice(mapping.source.length) : p;
  return {
    read: (p) => readFileSync(at(p)),
    kind: (p) => {
      const s = statSync(at(p), { throwIfNoEntry: false });
      return s === undefined ? undefined : s.isFile() ? "file" : "folder";
    },
    realPath: (p) => {
      try {
        return realpathSync(p);
      } catch {
        return p;
      }
    },
  };
}
export function detectProject(r: {
  parsers: readonly Parser[];
  workingDir: string;
  files: ProjectFiles;
  format?: string;
}): { parser: Parser; file: string; passedOver: string[] } {
  for (const parser of r.parsers) {
    const file = parser.detect(r.workingDir, r.files);
    if (file !== undefined) return { parser, file, passedOver: [] };
  }
  throw new CiloError("PROJECT_NOT_DETECTED", "no project");
}
