import { confirm, confirmWildcard } from "./confirm.ts";
import { checkHostnames, ownerOf, takeHostnames, withoutYielded } from "./hostnames.ts";
import { isSuffix } from "./host-name.ts";
import { type NameServer, openNameServer } from "./name-server.ts";
import { type ZoneEndpoint, type ZoneIdentity, planZone } from "./zone.ts";
import { type ZoneFiles, openZoneFiles } from "./zone-files.ts";

export const DEFAULT_DNS_PORT = 5354;
export const DEFAULT_SUFFIX = ".test";

export interface NamesOptions {
  /** `CILO_HOME/dns` */
  readonly dir: string;
  /** Default {@link DEFAULT_DNS_PORT}. */
  readonly port?: number;
  /** What `cilo init` registered, with the leading dot. Default: `.test` alone. */
  readonly suffixes?: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
  /** Told when an environment takes a hostname of another that lies under its own name. */
  readonly onYield?: (text: string) => void;
  /** All environments of the home, those without names included; default: those with names. */
  readonly environments?: () => Promise<readonly { readonly project: string; readonly environment: string }[]>;
}

type Endpoint = ZoneEndpoint & { readonly service: string };
type Waiting = { readonly signal: AbortSignal };

/** Publishes the names of environments through dnsmasq. */
export interface Names {
  /**
   * Makes exactly these names answer for the environment, replacing what it had. When it returns they answer.
   * @throws CiloError `HOSTNAME_REFUSED`, and then nothing is changed; `DNSMASQ_MISSING`, `DNS_PORT_TAKEN`, `DNS_FAILED`
   */
  publish(identity: ZoneIdentity, endpoints: readonly Endpoint[], options: Waiting): Promise<void>;
  /** Takes all names of the environment away. When it returns they no longer answer. Starts nothing; twice is no failure. */
  withdraw(who: Pick<ZoneIdentity, "project" | "environment">, options: Waiting): Promise<void>;
  /** Sees to it that dnsmasq answers, when anything is published. Cheap when it does. For every command to call. */
  ensure(options: Waiting): Promise<{ readonly mended: boolean }>;
  /** As {@link ensure}, whether or not anything is published. For `init`. */
  start(options: Waiting): Promise<{ readonly mended: boolean }>;
  /** Ends every dnsmasq of this home. What is published stays so for the next {@link ensure}. */
  stop(options: Waiting): Promise<void>;
  /** The environments with names. */
  published(): Promise<readonly { readonly project: string; readonly environment: string }[]>;
  readonly server: NameServer;
  readonly files: ZoneFiles;
}

/** Builds the {@link Names} of a home. Starts nothing. */
export function createNames(options: NamesOptions): Names {
  const { dir, env, port = DEFAULT_DNS_PORT, suffixes = [DEFAULT_SUFFIX], platform = process.platform } = options;
  if (suffixes.length === 0 || !suffixes.every(isSuffix)) throw new Error(`not DNS suffixes: ${suffixes.join(" ")}`);
  const files = openZoneFiles(dir, env);
  const server = openNameServer({ dir, port, suffixes, env, platform }, files);
  const context = { server, platform };
  const environments = options.environments ?? (async () => []);
  return {
    server,
    files,
    async publish(identity, wanted, { signal }) {
      const endpoints = await withoutYielded(files, identity, wanted);
      const known = [...(await environments()), ...(await files.published())];
      const others = known.filter((other) => ownerOf(other) !== ownerOf(identity));
      checkHostnames(identity, endpoints, { suffixes, others });
      const claims = await takeHostnames(
        files,
        identity,
        endpoints.flatMap((endpoint) => [...endpoint.hostnames]),
      );
      const zone = planZone(identity, endpoints);
      const before = await files.wildcardOf(identity);
      const { marker } = await files.put(identity, zone);
      await claims.release();
      await confirm(context, { name: marker, addresses: ["127.0.0.1"] }, signal);
      for (const { hostname, from, marker: left } of claims.yielded) {
        options.onYield?.(
          `${hostname}, until now a hostname of ${from}, is under ${identity.environment} and no longer that one's`,
        );
        if (left !== undefined) await confirm(context, { name: left, addresses: ["127.0.0.1"] }, signal);
      }
      // One that was taken while this was under way stands in the file that was just written.
      for (const { hostname, owner, from } of await files.hostnames())
        if (from === ownerOf(identity)) await files.yieldHostname(hostname, { to: owner, from });
      const wildcard = zone.wildcard ?? (before === undefined ? undefined : { name: before.name, addresses: [] });
      const isChanged = JSON.stringify(before) !== JSON.stringify(wildcard);
      if (wildcard !== undefined) await confirmWildcard(context, { ...wildcard, isChanged }, signal);
    },
    async withdraw(who, { signal }) {
      const { marker, wildcard } = await files.remove(who);
      if (marker !== undefined) await confirm(context, { name: marker, addresses: [] }, signal);
      if (wildcard !== undefined)
        await confirmWildcard(context, { name: wildcard.name, addresses: [], isChanged: true }, signal);
      const claims = await files.hostnames();
      const own = claims.filter(({ owner, from }) => [owner, from].includes(ownerOf(who)));
      await Promise.all(own.map((claim) => files.giveHostname(claim.hostname)));
    },
    async ensure({ signal }) {
      return (await files.published()).length === 0 ? { mended: false } : await server.ensure(signal);
    },
    start: ({ signal }) => server.ensure(signal),
    stop: ({ signal }) => server.stop(signal),
    published: () => files.published(),
  };
}
