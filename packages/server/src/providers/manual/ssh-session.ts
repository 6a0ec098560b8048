import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CiloError, type RunResult, run } from "@cilo/base";
import type { Connection } from "../provider.ts";
import { scriptInput } from "./quote.ts";
import { HostCode, lastLine, sshFailure } from "./ssh-errors.ts";

export interface SshParts {
  /** The server's own environment: PATH and HOME let OpenSSH find its programs, configuration and agent. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the session keeps its socket and pinned key for as long as it lasts. Short: a socket's path has 100 bytes. */
  readonly temporaryFolder: string;
}

/** One connection to a machine that all its commands go through. */
export interface SshSession extends AsyncDisposable {
  /**
   * Runs a POSIX shell script with the arguments, as the user that was logged in, and answers its stdout. Nothing of
   * it reaches the login shell, whichever that is.
   * @throws CiloError `INSTALL_FAILED` with the script's last line of stderr when it does not end with 0
   */
  script(script: string, args: readonly string[], options: ScriptOptions): Promise<string>;
  /** Sends a file to the standard input of a command, which is constant text of ours without a quote or backslash. */
  upload(file: string, command: string, options: ScriptOptions): Promise<void>;
}

export interface ScriptOptions {
  readonly signal: AbortSignal;
  /** With root's rights: as is for root, else through `sudo -n`. */
  readonly asRoot: boolean;
}

/** @throws CiloError `HOST_UNREACHABLE`, `HOST_KEY_MISMATCH` or `HOST_LOGIN_REFUSED`, by the first command */
export async function openSshSession(connection: Connection, parts: SshParts): Promise<SshSession> {
  const folder = await mkdtemp(join(parts.temporaryFolder, "cilo-ssh-"));
  await writeFile(join(folder, "known_hosts"), `${alias} ${connection.hostKey}\n`, { mode: 0o600 });
  const options = sshOptions(connection, folder);
  const call = async (command: string, input: RunInput, signal: AbortSignal): Promise<RunResult> => {
    const argv = [...options, "--", connection.host, command];
    const expect = Array.from({ length: 256 }, (_, status) => status);
    const result = await run("ssh", argv, { env: parts.env, signal, expect, ...input });
    if (result.exitCode === 255) throw sshFailure(connection, result.stderr);
    return result;
  };
  const elevated = (asRoot: boolean, command: string): string =>
    asRoot && connection.user !== "root" ? `sudo -n -- ${command}` : command;
  return {
    script: async (script, args, { signal, asRoot }) => {
      const result = await call(elevated(asRoot, "/bin/sh -s"), { input: scriptInput(script, args) }, signal);
      return succeeded(connection, result);
    },
    upload: async (file, command, { signal, asRoot }) => {
      const result = await call(elevated(asRoot, `/bin/sh -c '${command}'`), { inputFile: file }, signal);
      succeeded(connection, result);
    },
    [Symbol.asyncDispose]: async () => {
      // The master may be gone, or never have come to be.
      const signal = AbortSignal.timeout(5000);
      await run("ssh", [...options, "-O", "exit", "--", connection.host], {
        env: parts.env,
        signal,
        expect: [0, 255],
      }).catch(() => undefined);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

type RunInput = { readonly input: string } | { readonly inputFile: string };

/** The pinned key stands under this name, so that neither the port nor another spelling of the host matters. */
const alias = "cilo-pinned";

/** Exported for its test: what may never be missing. */
export function sshOptions(connection: Connection, folder: string): string[] {
  const { port, user, keyPath, hostKey } = connection;
  const settings = {
    BatchMode: "yes",
    StrictHostKeyChecking: "yes",
    UserKnownHostsFile: join(folder, "known_hosts"),
    GlobalKnownHostsFile: "/dev/null",
    HostKeyAlias: alias,
    HostKeyAlgorithms: algorithmsOf(hostKey),
    UpdateHostKeys: "no",
    CheckHostIP: "no",
    VerifyHostKeyDNS: "no",
    ConnectTimeout: "10",
    ServerAliveInterval: "5",
    ServerAliveCountMax: "4",
    ControlMaster: "auto",
    ControlPath: join(folder, "master"),
    ControlPersist: "30",
    ForwardAgent: "no",
    ClearAllForwardings: "yes",
    PermitLocalCommand: "no",
    RequestTTY: "no",
    LogLevel: "ERROR",
    ...(keyPath === undefined ? {} : { IdentitiesOnly: "yes" }),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  return [...flags, "-p", String(port), "-l", user, ...(keyPath === undefined ? [] : ["-i", keyPath])];
}

/** The one kind of key that is pinned; a host that shows another kind is refused, not asked about. */
function algorithmsOf(hostKey: string): string {
  const kind = hostKey.split(" ", 1)[0] ?? "";
  return kind === "ssh-rsa" ? "rsa-sha2-512,rsa-sha2-256" : kind;
}

function succeeded({ host, user }: Connection, result: RunResult): string {
  if (result.exitCode === 0) return result.stdout;
  if (/^sudo: /mu.test(result.stderr))
    throw new CiloError(HostCode.unsuitable, `${user} may not use sudo without a password on ${host}`, {
      hint: `On the machine: echo '${user} ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/cilo, or register it with --ssh-user root`,
    });
  throw new CiloError(HostCode.installFailed, `${host}: ${lastLine(result.stderr) || `status ${result.exitCode}`}`);
}
