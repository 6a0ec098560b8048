import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "@cilo/base";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Cilo, createCilo } from "../testing/cilo.ts";
import { completionScript } from "./scripts.ts";
import { type Shell, shells } from "./shells.ts";

async function world(): Promise<Cilo> {
  const made = await createCilo();
  onTestFinished(async () => await made[Symbol.asyncDispose]());
  const folder = join(made.folder, "home/envs/shop/agent-1");
  await mkdir(folder, { recursive: true });
  await mkdir(join(made.folder, "home/envs/shop/agent-2"));
  const service = { label: "web", ports: [], hostnames: [], scale: 1, oneShot: false, buildContexts: [] };
  const services = ["web", "db"].map((name) => ({ ...service, name }));
  const isolated = {
    version: 1,
    composeProject: "x",
    services,
    shared: [],
    networks: [],
    sharedWithHost: [],
    notices: [],
  };
  await writeFile(join(folder, "isolated.json"), JSON.stringify(isolated));
  return made;
}

async function proposals(words: readonly string[]): Promise<string[]> {
  const { stdout, status } = await (await world()).run(["__complete", "--", ...words]);
  expect(status).toBe(0);
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => line.split("\t")[0] ?? "");
}

describe("completion", () => {
  test.each([
    [["de"], ["destroy"]],
    [
      ["hostnames", ""],
      ["list", "add", "remove"],
    ],
    [
      ["up", ""],
      ["agent-1", "agent-2"],
    ],
    [["down", "agent-2"], ["agent-2"]],
    [
      ["logs", "agent-1", ""],
      ["web", "db"],
    ],
    [["exec", "agent-1", "d"], ["db"]],
    [
      ["open", "agent-1", ""],
      ["web", "db"],
    ],
    [
      ["run", "npm", "agent-"],
      ["agent-1", "agent-2"],
    ],
    [
      ["spec", "--as", ""],
      ["json", "compose", "devcontainer", "dockerfile"],
    ],
    [["up", "--no"], ["--no-wait"]],
    [
      ["completion", ""],
      ["bash", "zsh", "fish"],
    ],
    [["nonsense", ""], []],
    [["up", "--nonsense", ""], []],
  ])("after cilo %j proposes %j", async (words, expected) => {
    expect(await proposals(words)).toEqual(expected);
  });

  test.each(shells)("the script is one that %s can read", async (shell) => {
    const args = shell === "fish" ? ["--no-execute"] : ["-n"];
    expect(await inShell(shell, (file) => [...args, file])).toBe("");
  });

  const cilo = String.raw`cilo() { printf 'agent-1\tName\nagent-2\tName\n'; }`;

  test("in bash offers what cilo proposes", async () => {
    const then = `${cilo}; COMP_WORDS=(cilo up ag); COMP_CWORD=2; _cilo; printf '%s\n' "\${COMPREPLY[@]}"`;
    expect(await inShell("bash", (file) => ["-c", `. ${file}; ${then}`])).toBe("agent-1\nagent-2\n");
  });

  test("in zsh offers what cilo proposes, with what it means", async () => {
    const stubs = `compdef() { :; }; _describe() { print -rl -- "\${(P@)2}"; }; words=(cilo up ag); CURRENT=3`;
    const offered = await inShell("zsh", (file) => ["-f", "-c", `${stubs}; . ${file}; ${cilo}; _cilo`]);
    expect(offered).toBe("agent-1:Name\nagent-2:Name\n");
  });

  test("in fish offers what cilo proposes, with what it means", async () => {
    const stub = String.raw`function cilo; printf 'agent-1\tName\nagent-2\tName\n'; end`;
    const offered = await inShell("fish", (file) => [
      "--no-config",
      "-c",
      `source ${file}; ${stub}; complete -C 'cilo up ag'`,
    ]);
    expect(offered).toBe("agent-1\tName\nagent-2\tName\n");
  });
});

/** What the shell writes, given its completion script in a file. */
async function inShell(shell: Shell, args: (file: string) => readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cilo-completion-"));
  onTestFinished(async () => await rm(folder, { recursive: true }));
  const file = join(folder, "script");
  await writeFile(file, completionScript(shell));
  const env = { PATH: process.env["PATH"], HOME: folder };
  return (await run(shell, args(file), { env, signal: AbortSignal.timeout(20_000) })).stdout;
}
