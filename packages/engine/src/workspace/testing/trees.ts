import { lstatSync, mkdtempSync, readFileSync, readdirSync, readlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "@cilo/base";
import { copyTree } from "../copy.ts";
import { removeTree } from "../remove.ts";
import type { CopyRequest, CopyResult, TreePair } from "../workspace.ts";

export const signal: AbortSignal = new AbortController().signal;

/** A folder of one test's own, removed with it. */
export interface Bench extends AsyncDisposable {
  readonly root: string;
  readonly source: string;
  readonly pair: TreePair & { readonly signal: AbortSignal };
  copy(overrides?: Partial<CopyRequest>): Promise<CopyResult>;
}

export function bench(options: { source?: string } = {}): Bench {
  const root = mkdtempSync(join(tmpdir(), "cilo-workspace-"));
  const source = options.source ?? join(root, "source");
  const pair = {
    sourceRoot: source,
    workspace: join(root, "env", "workspace"),
    baseline: join(root, "env", "baseline.json"),
    rules: { ignore: [], dotDirs: [] },
    signal,
  };
  return {
    root,
    source,
    pair,
    copy: (overrides = {}) => copyTree({ ...pair, ...overrides }),
    [Symbol.asyncDispose]: () => removeTree(root, { within: tmpdir(), signal }),
  };
}

/** Everything about a tree that a program could notice, by path: type, mode, times, content or target. */
export function snapshot(root: string): Map<string, string> {
  const seen = new Map<string, string>();
  const visit = (path: string): void => {
    const full = Buffer.from(path === "" ? root : `${root}/${path}`, "latin1");
    const stats = lstatSync(full, { bigint: true });
    const content = stats.isFile()
      ? readFileSync(full, "latin1")
      : stats.isSymbolicLink()
        ? readlinkSync(full, "latin1")
        : "";
    seen.set(path, `${stats.mode} ${stats.uid} ${stats.gid} ${stats.mtimeNs} ${stats.ctimeNs} ${stats.ino} ${content}`);
    if (!stats.isDirectory()) return;
    for (const name of readdirSync(full, "latin1")) visit(path === "" ? name : `${path}/${name}`);
  };
  visit("");
  return seen;
}

/** Names, types, modes and contents, without what differs between copies. */
export function contents(root: string): Map<string, string> {
  return new Map(
    Array.from(snapshot(root), ([path, line]) => {
      const [mode = "", , , , , , ...content] = line.split(" ");
      return [path, `${mode} ${content.join(" ")}`];
    }),
  );
}

const GIT_ENV = {
  PATH: process.env["PATH"],
  HOME: "/nonexistent",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "ada@example.test",
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "ada@example.test",
  GIT_CONFIG_COUNT: "2",
  GIT_CONFIG_KEY_0: "protocol.file.allow",
  GIT_CONFIG_VALUE_0: "always",
  GIT_CONFIG_KEY_1: "init.defaultBranch",
  GIT_CONFIG_VALUE_1: "main",
};

/** Real git, with a configuration of the test's own. */
export async function git(cwd: string, ...args: string[]): Promise<string> {
  return (await run("git", args, { cwd, env: GIT_ENV, signal })).stdout;
}
