import { Document } from "yaml";

/** What `cilo setup` asks. */
export interface ProjectAnswers {
  readonly project: string;
  readonly ingress: string | undefined;
  readonly share: readonly string[];
  readonly copyMode: "all" | "none" | "allowlist";
}

/** The answers as `.cilo/config.yml`. */
export function renderConfig({ project, ingress, share, copyMode }: ProjectAnswers): string {
  const document = new Document({
    project,
    ...(ingress === undefined ? {} : { ingress }),
    ...(share.length === 0 ? {} : { share }),
    ...(copyMode === "all" ? {} : { env: { copy_mode: copyMode, ...(copyMode === "allowlist" ? { copy: [] } : {}) } }),
  });
  document.commentBefore = " How Cilo makes environments of this project. All keys: docs/reference/config.md of Cilo";
  return document.toString();
}
