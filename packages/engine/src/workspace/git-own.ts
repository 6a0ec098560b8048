import { lstat, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { isErrno } from "@cilo/base";
import { type Mapping, ownAlternates, ownConfig, ownLink } from "./git-config.ts";
import { type GitPlan, isBelow } from "./git-plan.ts";
import { nameOf, shown } from "./raw-path.ts";

export interface OwnGitRequest {
  readonly sourceRoot: string;
  /** Where the copy will be. */
  readonly workspace: string;
  /** Where it is being made. */
  readonly partial: string;
}

/** After copying: makes the copied repositories act on the copy alone. */
export async function ownGit(plan: GitPlan, request: OwnGitRequest): Promise<void> {
  const mapping = mappingOf(request);
  for (const { at, folder } of plan.pointers) {
    await writeFile(join(request.partial, at), `gitdir: ${relative(dirname(at), folder)}\n`, { flag: "wx" });
  }
  const places = new Set(plan.items.map((item) => item.to));
  for (const { from, to } of plan.items) {
    const name = nameOf(to);
    const isConfig =
      (name === "config" || name === "config.worktree") && places.has(`${to.slice(0, -name.length)}HEAD`);
    if (/(?:^|\/)worktrees\/[^/]+\/gitdir$/u.test(to))
      await rewrite(join(request.partial, shown(to)), (text) => ownLink(text, mapping));
    const isAlternates = to.endsWith("objects/info/alternates");
    if (!isConfig && !isAlternates) continue;
    const folder = isConfig ? dirname(shown(to)) : join(shown(to), "../../..");
    const place = {
      source: isConfig ? dirname(shown(from)) : join(shown(from), "../../.."),
      copy: join(request.workspace, folder),
    };
    const bare = plan.folders.some((known) => known.isMadeOwn && known.copy === folder) ? "no" : "keep";
    const edit = isConfig
      ? (text: string) => ownConfig(text, place, { ...mapping, bare })
      : (text: string) => ownAlternates(text, place, mapping);
    await rewrite(join(request.partial, shown(to)), edit);
  }
}

function mappingOf({ sourceRoot, workspace }: OwnGitRequest): Mapping {
  return {
    toCopy: (path) => {
      const inside = relative(sourceRoot, path);
      return isBelow(inside) ? join(workspace, inside) : undefined;
    },
  };
}

async function rewrite(path: string, edit: (text: string) => string): Promise<void> {
  try {
    if (!(await lstat(path)).isFile()) return;
    const before = await readFile(path, "latin1");
    const after = edit(before);
    if (after !== before) await writeFile(path, after, "latin1");
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
}
