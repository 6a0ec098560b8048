import { CiloError } from "@cilo/base";
import { AGENT_PORT, type Engine, WireGuardKey } from "@cilo/api";
import type { Connection, InstallRequest, Installed, Provider } from "../provider.ts";
import { firewallRules } from "./firewall.ts";
import { type Look, readLook } from "./host-facts.ts";
import { scanHostKey } from "./host-key.ts";
import { completeSystem } from "./packages.ts";
import {
  activateScript,
  inspectScript,
  presentScript,
  receiveCommand,
  removeScript,
  unpackScript,
} from "./remote/agent.ts";
import { lookScript } from "./remote/look.ts";
import { HostCode } from "./ssh-errors.ts";
import { type SshParts, type SshSession, openSshSession } from "./ssh-session.ts";

/** Machines that somebody has and lets us in over SSH. They are never created nor destroyed. */
export function createManualProvider(parts: SshParts): Provider {
  const within = async <T>(connection: Connection, work: (session: SshSession) => Promise<T>): Promise<T> => {
    await using session = await openSshSession(connection, parts);
    return await work(session);
  };
  return {
    type: "manual",
    async register(target, { signal, expectedFingerprint }) {
      const key = await scanHostKey(target, { signal, env: parts.env, expectedFingerprint });
      const connection = { ...target, hostKey: key.line };
      const { facts } = await within(connection, (session) => lookAt(session, target.host, signal));
      return { hostKey: key.line, fingerprint: key.fingerprint, facts };
    },
    install: (connection, request) => within(connection, (session) => install(session, connection.host, request)),
    inspect: (connection, { signal }) =>
      within(connection, async (session) => {
        const [version, state] = (await session.script(inspectScript, [], { signal, asRoot: true })).split("\n");
        return version === undefined || version === "" ? undefined : { version, isRunning: state === "running" };
      }),
    wipe: (connection, options) => within(connection, (session) => remove(session, "wipe", options.signal)),
    remove: (connection, options) => within(connection, (session) => remove(session, "all", options.signal)),
  };
}

async function lookAt(session: SshSession, host: string, signal: AbortSignal): Promise<Look> {
  return readLook(host, await session.script(lookScript, [], { signal, asRoot: true }));
}

async function remove(session: SshSession, what: "wipe" | "all", signal: AbortSignal): Promise<void> {
  await session.script(removeScript, [what], { signal, asRoot: true });
}

async function install(session: SshSession, host: string, request: InstallRequest): Promise<Installed> {
  const { signal, onStep } = request;
  onStep("looking at the machine");
  const before = await lookAt(session, host, signal);
  const engine = request.config.engine ?? before.facts.engines[0] ?? "docker";
  await completeSystem(session, { host, look: before, engine, signal, onStep });
  const id = versionFolder(request);
  await deliver(session, { id, request });
  onStep("starting the agent");
  const wgPublicKey = await activate(session, { id, request, engine });
  const { facts } = await lookAt(session, host, signal);
  return { wgPublicKey, engine, facts };
}

/** A version's folder: two builds of one version are two, so that what runs is never changed. */
function versionFolder({ bundle }: InstallRequest): string {
  if (/^[0-9a-f]{64}$/u.test(bundle.sha256)) return bundle.sha256.slice(0, 16);
  throw new CiloError(HostCode.installFailed, "the agent's bundle has no SHA-256");
}

async function deliver(session: SshSession, { id, request }: { id: string; request: InstallRequest }): Promise<void> {
  const { bundle, signal, onStep } = request;
  const options = { signal, asRoot: true };
  if ((await session.script(presentScript, [id], options)).trim() === "present") return;
  onStep(`sending the agent ${bundle.version}`);
  await session.upload(bundle.archive, receiveCommand, options);
  await session.script(unpackScript, [id, bundle.sha256, bundle.version], options);
}

async function activate(
  session: SshSession,
  { id, request, engine }: { id: string; request: InstallRequest; engine: Engine },
): Promise<WireGuardKey> {
  const config = { ...request.config, engine };
  const rules = config.firewall ? firewallRules(config) : "";
  const url = `http://${config.address}:${AGENT_PORT}/health`;
  const args = [id, JSON.stringify(config), rules, url];
  const output = await session.script(activateScript, args, { signal: request.signal, asRoot: true });
  return WireGuardKey.parse(output.trim().split("\n").at(-1));
}
