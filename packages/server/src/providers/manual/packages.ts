import { CiloError } from "@cilo/base";
import type { Engine } from "@cilo/api";
import type { Look } from "./host-facts.ts";
import { HostCode } from "./ssh-errors.ts";
import type { SshSession } from "./ssh-session.ts";
import {
  availablePackagesScript,
  composeFromTrixieScript,
  installPackagesScript,
  startEngineScript,
} from "./remote/packages.ts";

/** Program → the package that brings it, the same in Debian and Ubuntu. */
const packageOf: Readonly<Record<string, string>> = {
  ip: "iproute2",
  iptables: "iptables",
  nft: "nftables",
  rsync: "rsync",
  wg: "wireguard-tools",
  "wireguard-go": "wireguard-go",
};

export interface SystemRequest {
  readonly host: string;
  readonly look: Look;
  readonly engine: Engine;
  readonly signal: AbortSignal;
  readonly onStep: (step: string) => void;
}

/**
 * Installs the engine, Compose, WireGuard, rsync and nftables where they are missing, and starts the engine.
 * @throws CiloError `HOST_UNSUITABLE` where that takes a packager other than apt-get: it names what to install
 */
export async function completeSystem(session: SshSession, request: SystemRequest): Promise<void> {
  const { look, engine, signal, onStep } = request;
  const asRoot = { signal, asRoot: true };
  const programs = [...look.missing, ...(look.facts.engines.includes(engine) ? [] : [engine])];
  const needsCompose = !look.hasCompose;
  if (programs.length > 0 || needsCompose) {
    if (look.packager !== "apt-get") throw byHand(request, programs, needsCompose);
    const packages = await packagesFor(session, { programs, needsCompose, signal });
    if (packages.length > 0) {
      onStep(`installing ${packages.join(", ")}`);
      await session.script(installPackagesScript, packages, asRoot);
    }
    if (needsCompose && !packages.some((name) => name.startsWith("docker-compose"))) await addCompose(session, request);
  }
  await session.script(startEngineScript, [engine], asRoot);
}

const composePackages = ["docker-compose-v2", "docker-compose-plugin", "docker-compose"];

async function packagesFor(
  session: SshSession,
  need: { programs: readonly string[]; needsCompose: boolean; signal: AbortSignal },
): Promise<string[]> {
  const wanted = need.programs.flatMap((name) => packageOf[name] ?? enginePackages(name));
  if (!need.needsCompose) return wanted;
  const listed = await session.script(availablePackagesScript, composePackages, { signal: need.signal, asRoot: true });
  return [...wanted, ...composeIn(listed)];
}

function enginePackages(engine: string): string[] {
  return engine === "docker" ? ["docker.io"] : ["podman", "netavark", "aardvark-dns"];
}

/** The first package of `name version` lines that is Compose 2 or later: an older `docker-compose` is another program. */
export function composeIn(listed: string): string[] {
  const found = listed.split("\n").find((line) => {
    const [name, version = ""] = line.split(" ");
    return name !== "" && (name !== "docker-compose" || Number.parseInt(version.replace(/^\d+:/u, ""), 10) >= 2);
  });
  return found === undefined ? [] : [found.split(" ")[0] ?? ""];
}

async function addCompose(session: SshSession, { host, look, signal, onStep }: SystemRequest): Promise<void> {
  const { distribution, version } = look.facts;
  if (distribution !== "debian" || version !== "12")
    throw new CiloError(
      HostCode.unsuitable,
      `${host}: the packages of ${distribution} ${version} have no Docker Compose v2`,
      {
        hint: "Install it there as https://docs.docker.com/compose/install/linux/ says, then try again",
      },
    );
  onStep("installing Docker Compose from Debian 13");
  await session.script(composeFromTrixieScript, [], { signal, asRoot: true });
}

function byHand({ host, look }: SystemRequest, programs: readonly string[], needsCompose: boolean): CiloError {
  const missing = [...programs, ...(needsCompose ? ["docker compose (version 2)"] : [])].join(", ");
  const { distribution, version } = look.facts;
  return new CiloError(HostCode.unsuitable, `${host} (${distribution} ${version}) lacks ${missing}`, {
    hint: "Cilo installs packages with apt-get alone; install these there, then try again",
  });
}
