import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isCiloError, run } from "@cilo/base";
import { type ParseOptions, composeParser, printCompose, projectFiles } from "@cilo/engine";
import { type BenchOptions, type Measurement, compare, timed } from "./measurement.ts";

const CORPUS = join(import.meta.dirname, "../../shared/compose-corpus");
const COMMAND = join(import.meta.dirname, "../packages/cli/dist/main.js");
/** One process is short and noisy: each round is the mean of this many projects, others each round. */
const PROJECTS_PER_ROUND = 20;

interface Project {
  readonly dir: string;
  readonly args: readonly string[];
  readonly services: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The Compose loader over the corpus, in one process and in one process per project, against `docker compose config`. */
export async function benchLoader(options: BenchOptions): Promise<Measurement[]> {
  const projects = corpus();
  if (projects.length === 0) {
    console.log("corpus absent: the loader is not measured");
    return [];
  }
  const home = mkdtempSync(join(tmpdir(), "cilo-bench-loader-"));
  try {
    const inProcess = [];
    for (let round = 0; round <= options.rounds; round += 1) {
      inProcess.push((await timed(async () => projects.forEach((project) => load(project, home)))) / projects.length);
    }
    const processes = await compare(
      {
        ours: {
          measured: (round) =>
            each(pick(projects, round), (one) =>
              start([process.execPath, COMMAND, "spec", "--as", "compose", ...one.args, ...one.services], {
                one,
                home,
                ...options,
              }),
            ),
        },
        theirs: {
          measured: (round) =>
            each(pick(projects, round), (one) =>
              start(["docker", "compose", ...one.args, "config", "--format", "json", ...one.services], {
                one,
                home,
                ...options,
              }),
            ),
        },
      },
      options,
    );
    const theirs = processes.theirs.map((sample) => sample / PROJECTS_PER_ROUND);
    const row = { against: "docker compose config", unit: "ms", theirs } as const;
    return [
      {
        ...row,
        name: "loader",
        what: `a Compose project read, ${projects.length} in one process`,
        ours: inProcess.slice(1),
        limit: 0.1,
      },
      {
        ...row,
        name: "spec",
        what: "cilo spec, one process per project",
        ours: processes.ours.map((sample) => sample / PROJECTS_PER_ROUND),
        limit: 2.5,
      },
    ];
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function corpus(): Project[] {
  if (!existsSync(CORPUS)) return [];
  const files = readdirSync(CORPUS, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.name === "case.json",
  );
  return files.map((entry) => {
    const about: { args?: string[]; services?: string[]; env?: Record<string, string> } = JSON.parse(
      readFileSync(join(entry.parentPath, entry.name), "utf8"),
    );
    return { dir: entry.parentPath, args: about.args ?? [], services: about.services ?? [], env: about.env ?? {} };
  });
}

function pick(projects: readonly Project[], round: number): Project[] {
  return Array.from(
    { length: PROJECTS_PER_ROUND },
    (_, index) => projects[(round * PROJECTS_PER_ROUND + index * 31) % projects.length],
  ).filter((one) => one !== undefined);
}

async function each(projects: readonly Project[], work: (one: Project) => Promise<unknown>): Promise<void> {
  for (const one of projects) await work(one);
}

interface Starting extends BenchOptions {
  readonly one: Project;
  readonly home: string;
}

async function start([file = "", ...args]: readonly string[], { one, home, signal }: Starting): Promise<void> {
  try {
    await run(file, args, { cwd: one.dir, env: environment(one, home), signal });
  } catch (error) {
    // Projects that must be refused are part of the corpus.
    if (!isCiloError(error, "COMMAND_FAILED")) throw error;
  }
}

function environment(one: Project, home: string): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "", HOME: home, PWD: one.dir, ...one.env };
}

function load(one: Project, home: string): void {
  try {
    JSON.stringify(
      printCompose(
        composeParser.parse({
          files: projectFiles(),
          env: environment(one, home),
          workingDir: one.dir,
          services: one.services,
          ...flags(one.args),
        }),
      ),
    );
  } catch (error) {
    if (!isCiloError(error)) throw error;
  }
}

/** The corpus's arguments are pairs of a flag and its value. */
function flags(args: readonly string[]): Partial<ParseOptions> {
  const values = (flag: string): string[] =>
    args.flatMap((arg, index) => (arg === flag && index % 2 === 0 ? [args[index + 1] ?? ""] : []));
  const [directory] = values("--project-directory");
  const [name] = values("-p");
  return {
    projectFiles: values("-f"),
    profiles: values("--profile"),
    envFiles: values("--env-file"),
    ...(directory === undefined ? {} : { projectDirectory: directory }),
    ...(name === undefined ? {} : { projectName: name }),
  };
}
