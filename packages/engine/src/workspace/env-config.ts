import { closeSync, fchmodSync, fchownSync, readFileSync, writeSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { posix } from "node:path";
import { CiloError } from "@cilo/base";
import type { EnvConfig, RenderRule } from "./env-rules.ts";
import { EngineCode } from "../errors.ts";
import { type BaseEntry, type Digests, readBaseline, writeBaseline } from "./baseline.ts";
import { holdFolder } from "./confined.ts";
import { digestOf, digestOfBytes } from "./digest.ts";
import { type RawPath, nameOf, parentOf, toRaw, under } from "./raw-path.ts";
import { render } from "./render.ts";
import { openConfined } from "./file-content.ts";
import { replaceFile } from "./replace-file.ts";
import { type Entry, entryAt } from "./walk.ts";
import type { LeftOut, TreePair } from "./workspace.ts";

export interface EnvConfigRequest extends Pick<TreePair, "sourceRoot" | "workspace" | "baseline"> {
  /** The project folder relative to the root; `render` names files from there. */
  readonly projectPath: string;
  readonly config: EnvConfig;
  /** Values of the tokens, by name: `CILO_ENV` and so on. */
  readonly tokens: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export interface EnvConfigResult {
  /** Files that were written now, relative to the root. Empty when everything was as it should be. */
  readonly rendered: readonly string[];
  /** Files that were not rendered, with the reason. */
  readonly skipped: readonly LeftOut[];
}

/**
 * Fills tokens and replacements into the workspace's copies of the files that the config's `render` names, always from
 * the source's version, so that it may be called again and again. What was rendered is recorded in the baseline and is
 * no edit of the workspace; a file that was edited there since is left alone. Which env files are copied at all is
 * decided by `copyRulesOf`, before.
 *
 * @throws CiloError `PATH_ESCAPES` for a `render.file` that leads out of the tree
 */
export async function applyEnvConfig(request: EnvConfigRequest): Promise<EnvConfigResult> {
  const rules = byFile(request);
  if (rules.size === 0) return { rendered: [], skipped: [] };
  const base = await readBaseline(request.baseline);
  const roots = {
    source: toRaw(await realpath(request.sourceRoot)),
    workspace: toRaw(await realpath(request.workspace)),
  };
  const rendered: string[] = [];
  const skipped: LeftOut[] = [];
  for (const [path, fileRules] of rules) {
    request.signal.throwIfAborted();
    const known = base.get(toRaw(path));
    const outcome = renderFile(toRaw(path), known, { roots, rules: fileRules, tokens: request.tokens });
    if (typeof outcome === "string") skipped.push({ path, reason: outcome });
    else if (outcome !== known) {
      base.set(toRaw(path), outcome);
      rendered.push(path);
    }
  }
  if (rendered.length > 0) await writeBaseline(request.baseline, base);
  return { rendered, skipped };
}

/** The rules of each file, in their order, by its path relative to the root. */
function byFile({ config, projectPath }: EnvConfigRequest): Map<string, RenderRule[]> {
  const rules = new Map<string, RenderRule[]>();
  for (const rule of config.render) {
    const path = posix.normalize(posix.join(projectPath, rule.file));
    if (
      posix.isAbsolute(rule.file) ||
      path === ".." ||
      path.startsWith("../") ||
      rule.file.includes("\0") ||
      path.split("/").includes(".git")
    ) {
      throw new CiloError(EngineCode.pathEscapes, `env.render names ${rule.file}, which is not a file of the project`, {
        hint: "Name files relative to the project folder, inside the project",
      });
    }
    rules.set(path, [...(rules.get(path) ?? []), rule]);
  }
  return rules;
}

interface Rendering {
  readonly roots: { readonly source: RawPath; readonly workspace: RawPath };
  readonly rules: readonly RenderRule[];
  readonly tokens: Readonly<Record<string, string>>;
}

/** The new record of the file, the old one when nothing had to be done, or why it is skipped. */
function renderFile(path: RawPath, known: BaseEntry | undefined, rendering: Rendering): BaseEntry | string {
  const original = readConfined(rendering.roots.source, path);
  if (original === undefined) return "the source has no such regular file";
  if (known === undefined) return "it was not copied";
  const content = rendering.rules.reduce((text, rule) => render(text, rule, rendering.tokens), original);
  const digests = { source: digestOfBytes(original), workspace: digestOfBytes(content) };
  const standing = digestOf(rendering.roots.workspace, path);
  if (standing === digests.workspace && isRecorded(known, digests)) return known;
  if (standing === digests.workspace) return recorded(path, { digests, rendering }) ?? "it was removed meanwhile";
  if (standing !== (known.digests?.workspace ?? digests.source)) return "it was edited in the workspace";
  return write(path, content, { digests, rendering }) ?? "it is not a regular file of the workspace";
}

/** A file in which nothing had to be filled in is recorded as any other. */
function isRecorded(known: BaseEntry, { source, workspace }: Digests): boolean {
  return known.digests?.source === source && known.digests.workspace === workspace;
}

function readConfined(root: RawPath, path: RawPath): Buffer | undefined {
  const file = openConfined(root, path);
  if (file === undefined) return undefined;
  try {
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

interface Recording {
  readonly digests: Digests;
  readonly rendering: Rendering;
}

function write(path: RawPath, content: Buffer, recording: Recording): BaseEntry | undefined {
  using folder = holdFolder(recording.rendering.roots.workspace, parentOf(path));
  const place = folder?.at(nameOf(path));
  const before = place === undefined ? undefined : entryAt(place);
  if (folder === undefined || place === undefined || before?.kind !== "file") return undefined;
  const made = replaceFile(
    { folder, path: place },
    {
      write: (file) => {
        for (let done = 0; done < content.length;) done += writeSync(file, content, done);
        if (process.geteuid?.() === 0) fchownSync(file, before.uid, before.gid);
        fchmodSync(file, before.mode);
      },
    },
  );
  return record(path, made, recording);
}

function recorded(path: RawPath, recording: Recording): BaseEntry | undefined {
  return record(path, entryAt(under(recording.rendering.roots.workspace, path)), recording);
}

/** The file as it stands on both sides. The digests are what counts; times are recorded so that unchanged files need not be read. */
function record(path: RawPath, workspace: Entry | undefined, { digests, rendering }: Recording): BaseEntry | undefined {
  const source = entryAt(under(rendering.roots.source, path));
  if (source?.kind !== "file" || workspace?.kind !== "file") return undefined;
  return { source: { ...source, ctimeMs: 0 }, workspace: { ...workspace, ctimeMs: 0 }, digests };
}
