import { CiloError, printable } from "@cilo/base";
import { EngineCode } from "../../errors.ts";
import { projectVariable } from "./compose-file.ts";

/** What a Compose command wrote before it ended in failure. */
export interface ComposeOutput {
  /** Exit status, or the name of the signal. */
  readonly status: string | number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Failure {
  /** The engine's own words. */
  readonly reason: string;
  readonly output: ComposeOutput;
  /** Groups of the rule's expression. */
  readonly found: Readonly<Record<string, string | undefined>>;
  /** Service of the container that the reason names. */
  readonly service: string;
  readonly serviceOf: (container: string) => string;
}

interface Rule {
  readonly when: RegExp;
  readonly code: string;
  readonly hint?: string;
  /** Default: the reason. */
  readonly message?: (failure: Failure) => string;
}

/** The first that matches the reason decides. */
const RULES: readonly Rule[] = [
  {
    when: /no space left on device|disk quota exceeded/iu,
    code: EngineCode.diskFull,
    hint: "Free some: docker system df shows what takes it, docker system prune removes what nothing uses",
  },
  {
    when: /Pool overlaps|overlapping IPv4|is already used on the host or by another config|non-overlapping/u,
    code: EngineCode.subnetTaken,
    hint: "Try again, or see which network has it: cilo network status",
  },
  {
    when: /port is already allocated|address already in use/u,
    code: EngineCode.portTaken,
    hint: "Stop what listens there, or remove the port from the Compose file",
  },
  {
    when: /cannot expose privileged port (?<port>\d+)|listen tcp\d? \S+?:(?<listen>\d+): bind: permission denied/u,
    code: EngineCode.portTaken,
    message: ({ found }) => `port ${found["port"] ?? found["listen"]} may not be used by your user`,
    hint: "Allow ports from 80 on: sudo sysctl net.ipv4.ip_unprivileged_port_start=80 (to keep it, write it to /etc/sysctl.d/)",
  },
  {
    when: /dependency failed to start: (?:container )?(?<container>\S+) is unhealthy/u,
    code: EngineCode.serviceUnhealthy,
    message: ({ service }) => `service ${service} is unhealthy, and others wait for it`,
  },
  {
    when: /dependency failed to start: (?:container )?(?<container>\S+) exited \((?<exit>\d+)\)/u,
    code: EngineCode.serviceExited,
    message: ({ service, found }) => `service ${service} exited with ${found["exit"]}, and others wait for it`,
  },
  {
    when: /service "(?<service>[^"]+)" didn't complete successfully: exit (?<exit>\d+)/u,
    code: EngineCode.serviceExited,
    message: ({ found }) =>
      `service ${found["service"]} exited with ${found["exit"]}, and others wait for it to end well`,
  },
  { when: /failed to solve/u, code: EngineCode.buildFailed, message: buildMessage },
  {
    when: /^building at STEP "(?<step>.*)": (?:while running runtime: )?(?:exit status (?<exit>\d+)|(?<why>.*))/u,
    code: EngineCode.buildFailed,
    message: podmanBuildMessage,
  },
  {
    when: /pull rate limit|toomanyrequests/u,
    code: EngineCode.imageUnavailable,
    message: imageMessage,
    hint: "Log in to the registry (docker login), or try again later",
  },
  {
    when: /pull access denied|initializing source|manifest unknown|manifest for .* not found|repository does not exist|No such image|unauthorized|authentication required|denied:/u,
    code: EngineCode.imageUnavailable,
    message: imageMessage,
    hint: "Check the image's name and tag in the Compose file; for a private registry run docker login",
  },
  {
    when: /dial tcp|no such host|TLS handshake|i\/o timeout|Client\.Timeout|connection refused.*\/v2|failed to do request|failed to resolve reference/u,
    code: EngineCode.imageUnavailable,
    message: imageMessage,
    hint: "The registry cannot be reached: check the network, or build or load the image here first",
  },
  {
    when: /Cannot connect to the Docker daemon|error during connect/u,
    code: EngineCode.engineUnreachable,
    hint: "Start the engine: cilo doctor shows what is wrong",
  },
  {
    when: /bind source path does not exist: (?<path>.+)/u,
    code: EngineCode.engineFailed,
    message: ({ found }) => `there is no ${found["path"]} to mount`,
    hint: "Make it, or take the mount out of the Compose file",
  },
  {
    when: /environment variable "(?<variable>[^"]+)" required by file "[^"]+" is not set/u,
    code: EngineCode.engineFailed,
    message: ({ found, output, serviceOf }) =>
      `${startedWhat(output, serviceOf)}the variable ${projectVariable(found["variable"] ?? "")}, which a secret or config is read from, is not set`,
    hint: "Set it where you call cilo, or in the project's .env",
  },
];

/** A failed `compose` command as an error: the engine's first meaningful line, its kind, and the next step. */
export function composeFailure(output: ComposeOutput, containerService: (container: string) => string): CiloError {
  const reason = reasonOf(output);
  for (const rule of RULES) {
    const found = rule.when.exec(reason);
    if (found === null) continue;
    const service = containerService((found.groups?.["container"] ?? "").replaceAll('"', ""));
    const message =
      rule.message?.({ reason, output, found: found.groups ?? {}, service, serviceOf: containerService }) ?? reason;
    return new CiloError(rule.code, message, {
      cause: output,
      ...(rule.hint === undefined ? {} : { hint: rule.hint }),
    });
  }
  return new CiloError(EngineCode.engineFailed, startedWhat(output, containerService) + reason, { cause: output });
}

/** Progress lines begin with a space; warnings and log lines with `time=`. What is left is the error. */
function reasonOf({ stderr, status }: ComposeOutput): string {
  const lines = stderr.split("\n").map((line) => line.trimEnd());
  const plain = lines.filter((line) => line !== "" && !/^(?:\s|time=|#\d+ |-+$|WARN|\[\+\])/u.test(line));
  const progress = lines.map((line) => /^\s\S.*?\sError\s+(?<reason>\S.*)$/u.exec(line)?.groups?.["reason"]);
  const chosen = plain.find((line) => /error|fail/iu.test(line)) ?? plain.at(-1) ?? progress.find(Boolean);
  return chosen === undefined ? `Compose ended with ${status} and said nothing` : cleaned(chosen);
}

function cleaned(line: string): string {
  return (
    printable(line)
      .replaceAll(/Error response from daemon: /gu, "")
      .replaceAll(/rpc error: code = \w+ desc = /gu, "")
      .replaceAll(
        /failed to create (?:shim )?task(?: for container)?: OCI runtime create failed: runc create failed: /gu,
        "",
      )
      // Podman's runtimes, in Docker's words.
      .replaceAll(
        /crun: executable file `(?<file>[^`]*)` not found in \$PATH: No such file or directory/gu,
        'exec: "$<file>": executable file not found in $$PATH',
      )
      .replaceAll(/(?:runc: runc create failed|crun): /gu, "")
      .replace(/: OCI runtime (?:attempted to invoke a command that was not found|error|permission denied error)$/u, "")
      .replace(/: unknown$/u, "")
  );
}

/** `image nosuch:1 of service web: …`, as far as the progress lines tell. */
function imageMessage({ reason, output }: Failure): string {
  const failed = /^\s(?<service>\S+) Error\s/mu.exec(output.stderr)?.groups?.["service"];
  return failed === undefined
    ? `an image could not be pulled: ${reason}`
    : `the image of ${failed} could not be pulled: ${reason}`;
}

const SHOWN_BUILD_LINES = 3;

/** BuildKit repeats the failed step's last output between two rules of dashes. */
function buildMessage({ reason, output }: Failure): string {
  const steps = `${output.stdout}\n${output.stderr}`;
  const block = /^-{4,}\n > \[(?<step>[^\]]+)\](?<command>[^\n]*):\n(?<lines>[\s\S]*?)^-{4,}$/mu.exec(steps)?.groups;
  const what = /^(?<service>\S+) (?:\S+ )?\d+\/\d+$/u.exec(block?.["step"] ?? "")?.groups?.["service"];
  const last = (block?.["lines"] ?? "")
    .split("\n")
    .map((line) => printable(line).replace(/^\d+\.\d+ /u, ""))
    .filter(Boolean)
    .slice(-SHOWN_BUILD_LINES)
    .join(" / ");
  const short = reason.replaceAll(
    /failed to solve(?: with frontend \S+)?: (?:failed to create LLB definition: )?/gu,
    "",
  );
  return `the build${what === undefined ? "" : ` of ${what}`} failed: ${short}${last === "" ? "" : ` — ${last}`}`;
}

/** Podman's builder says what a step wrote before it says that it failed. */
function podmanBuildMessage({ found, output }: Failure): string {
  const lines = output.stdout.split("\n").map(printable).filter(Boolean);
  const wrote = lines.slice(lines.findLastIndex((line) => line.startsWith("STEP ")) + 1).slice(-SHOWN_BUILD_LINES);
  const why = found["exit"] === undefined ? found["why"] : `exit code: ${found["exit"]}`;
  return [`the build failed: ${found["step"]}: ${why}`, ...(wrote.length === 0 ? [] : [wrote.join(" / ")])].join(" — ");
}

/** Compose does not say which container its last error is about; one that was starting and never started is. */
function startedWhat({ stderr }: ComposeOutput, containerService: (name: string) => string): string {
  const open = new Set<string>();
  for (const { groups } of stderr.matchAll(/^ Container (?<name>\S+)\s+(?<state>\S+)/gmu)) {
    const name = groups?.["name"] ?? "";
    if (groups?.["state"] === "Starting" || groups?.["state"] === "Creating") open.add(name);
    else open.delete(name);
  }
  const [only] = open;
  return open.size === 1 && only !== undefined ? `${containerService(only)}: ` : "";
}
