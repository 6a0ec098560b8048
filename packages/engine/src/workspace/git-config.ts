import { isAbsolute, relative, resolve } from "node:path";

/** How paths of the source translate to the copy. */
export interface Mapping {
  /** Where in the copy the content of an absolute path of the source is; `undefined` for what is not copied. */
  readonly toCopy: (path: string) => string | undefined;
}

export interface GitFolderPlace {
  /** The git folder as the source knows it, and its place in the copy; absolute. */
  readonly source: string;
  readonly copy: string;
}

const SECTION = /^\s*\[\s*([^\]\s"]+)[^\]]*\]/;
const WORKTREE = /^(\s*(?:\[core\]\s*)?)worktree\s*=\s*(.*?)\s*$/i;
const BARE = /^(\s*(?:\[core\]\s*)?)bare\b.*$/i;

/**
 * A copied repository's `config`, made to act on the copy alone: `core.worktree` leads into the copy or is dropped, and
 * a work tree's own repository is not bare. Everything else stays as the user wrote it.
 */
export function ownConfig(
  text: string,
  place: GitFolderPlace,
  mapping: Mapping & { readonly bare: "keep" | "no" },
): string {
  let section = "";
  return text
    .split("\n")
    .map((line) => {
      section = (SECTION.exec(line)?.[1] ?? section).toLowerCase();
      return section === "core" ? coreLine(line, place, mapping) : line;
    })
    .filter((line) => line !== undefined)
    .join("\n");
}

function coreLine(
  line: string,
  place: GitFolderPlace,
  mapping: Mapping & { readonly bare: "keep" | "no" },
): string | undefined {
  if (mapping.bare === "no" && BARE.test(line)) return line.replace(BARE, "$1bare = false");
  const match = WORKTREE.exec(line);
  if (match === null) return line;
  const [, before = "", written = ""] = match;
  const copy = mapping.toCopy(resolve(place.source, written.replaceAll(/^"|"$/gu, "")));
  if (copy === undefined || copy === resolve(place.copy, "..")) return before.trim() === "" ? undefined : before;
  return `${before}worktree = ${relative(place.copy, copy)}`;
}

/** `objects/info/alternates` of a copy: other object stores, wherever they are, as they can be reached from the copy. */
export function ownAlternates(text: string, place: GitFolderPlace, mapping: Mapping): string {
  return text
    .split("\n")
    .map((line) => {
      if (line === "" || line.startsWith("#")) return line;
      const store = resolve(place.source, "objects", line);
      const copy = mapping.toCopy(store);
      if (copy === undefined) return store;
      return isAbsolute(line) ? copy : relative(resolve(place.copy, "objects"), copy);
    })
    .join("\n");
}

/** `worktrees/<name>/gitdir` of a copy: the `.git` of the linked work tree that was copied with it. */
export function ownLink(text: string, mapping: Mapping): string {
  const copy = mapping.toCopy(text.trimEnd());
  return copy === undefined ? text : `${copy}\n`;
}
