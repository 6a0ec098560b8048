import { existsSync } from "node:fs";
import { join } from "node:path";
import type { HelperData } from "./system.ts";

interface Context {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly signal: AbortSignal;
}

/** What tunnels use unless the server says otherwise; docs/adr/0070-helper.md. */
const TUNNEL_POOLS = ["10.224.0.0/16", "10.225.0.0/16"];

/**
 * Installs the helper that makes tunnels for the person behind sudo; `undefined` where there is nobody to have one for:
 * root makes tunnels itself. Without a compiler the names are set up all the same, and the reason is told.
 */
export async function installTunnelHelper({ env, platform, signal }: Context): Promise<HelperData | undefined> {
  if (platform !== "linux" || env["SUDO_USER"] === undefined) return undefined;
  const { installHelper, isWithoutHelper } = await import("@cilo/network");
  try {
    return {
      isInstalled: true,
      ...(await installHelper({ source: helperSource(), pools: TUNNEL_POOLS, env, signal })),
    };
  } catch (error) {
    if (!isWithoutHelper(error)) throw error;
    return { isInstalled: false, reason: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  }
}

/** Takes it away again; answers the files that were. */
export async function removeTunnelHelper({ env, platform, signal }: Context): Promise<readonly string[]> {
  if (platform !== "linux" || env["SUDO_USER"] === undefined) return [];
  const { removeHelper } = await import("@cilo/network");
  return await removeHelper({ env, signal });
}

/** Beside the bundle, else in the checkout. */
function helperSource(): string {
  const bundled = join(import.meta.dirname, "helper");
  return existsSync(bundled) ? bundled : join(import.meta.dirname, "../../../helper");
}
