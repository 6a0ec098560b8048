import { closeSync, readFileSync } from "node:fs";
import ignore, { type Ignore } from "ignore";
import type { Difference } from "./compare.ts";
import { openConfined } from "./file-content.ts";
import { type RawPath, nameOf, parentOf, shown } from "./raw-path.ts";
import type { Entry } from "./walk.ts";

/** Whether a difference is a product of work, and not work: what builds and containers leave behind. */
export type IsGenerated = (difference: Difference) => boolean;

/**
 * In a git work tree: new files that git ignores, and everything in folders that it ignores (`node_modules/`, `dist/`).
 * A copied file that is ignored by itself (`.env`) and then edited is an edit. Counted are the workspace's `.gitignore`
 * files and its `.git/info/exclude`; no git is run, since the workspace's configuration is not to be trusted.
 */
export function generatedIn(root: RawPath, entries: ReadonlyMap<RawPath, Entry>): IsGenerated {
  const rules = readRules(root, entries);
  const folders = new Map<RawPath, boolean>([["", false]]);
  const isIgnoredFolder = (path: RawPath): boolean => {
    const known = folders.get(path);
    if (known !== undefined) return known;
    const isIgnored = isIgnoredFolder(parentOf(path)) || isIgnoredBy(rules, path, "folder");
    folders.set(path, isIgnored);
    return isIgnored;
  };
  return ({ path, workspace, workspaceChange }) => {
    if (rules.size === 0) return false;
    if (isIgnoredFolder(parentOf(path))) return true;
    if (workspaceChange !== "added") return false;
    return workspace?.kind === "folder" ? isIgnoredFolder(path) : isIgnoredBy(rules, path, "other");
  };
}

/** By the folder they stand in. */
type Rules = ReadonlyMap<RawPath, Ignore>;

function readRules(root: RawPath, entries: ReadonlyMap<RawPath, Entry>): Rules {
  const rules = new Map<RawPath, Ignore>();
  const exclude = readSmall(root, ".git/info/exclude");
  // Without a repository a .gitignore says nothing.
  if (exclude === undefined && readSmall(root, ".git/HEAD") === undefined) return rules;
  if (exclude !== undefined) rules.set("", ignore().add(exclude));
  for (const [path, entry] of entries) {
    if (nameOf(path) !== ".gitignore" || entry.kind !== "file") continue;
    const text = readSmall(root, path);
    const folder = parentOf(path);
    if (text !== undefined) rules.set(folder, (rules.get(folder) ?? ignore()).add(text));
  }
  return rules;
}

const MOST_BYTES = 1024 * 1024;

function readSmall(root: RawPath, path: RawPath): string | undefined {
  const file = openConfined(root, path);
  if (file === undefined) return undefined;
  try {
    const content = readFileSync(file);
    return content.length > MOST_BYTES ? undefined : content.toString("utf8");
  } finally {
    closeSync(file);
  }
}

/** The rules nearest to the path decide, as in git. */
function isIgnoredBy(rules: Rules, path: RawPath, kind: "folder" | "other"): boolean {
  for (let folder = parentOf(path); ; folder = parentOf(folder)) {
    const below = folder === "" ? path : path.slice(folder.length + 1);
    const verdict = rules.get(folder)?.test(kind === "folder" ? `${shown(below)}/` : shown(below));
    if (verdict?.ignored === true) return true;
    if (verdict?.unignored === true || folder === "") return false;
  }
}
