import type { AgentConfig } from "@cilo/api";
import { expect, test } from "vitest";
import type { AgentBundle, Provider, UnpinnedConnection } from "./provider.ts";

/** What a provider is tried with: hosts without anything of ours, and one that does not answer. */
export interface ProviderUnderTest extends AsyncDisposable {
  readonly provider: Provider;
  readonly host: UnpinnedConnection;
  readonly silentHost: UnpinnedConnection;
  readonly bundle: AgentBundle;
  readonly config: AgentConfig;
}

/** What every provider promises. */
export function testProvider(name: string, create: () => Promise<ProviderUnderTest>): void {
  const signal = AbortSignal.timeout(600_000);
  const pinned = async ({ provider, host }: ProviderUnderTest) => ({
    ...host,
    hostKey: (await provider.register(host, { signal })).hostKey,
  });

  test(`${name}: a host shows the same key each time, and another than the expected one is refused`, async () => {
    await using tried = await create();
    const { provider, host } = tried;
    const first = await provider.register(host, { signal });
    expect(await provider.register(host, { signal, expectedFingerprint: first.fingerprint })).toEqual(first);
    const other = `SHA256:${"A".repeat(43)}`;
    await expect(provider.register(host, { signal, expectedFingerprint: other })).rejects.toMatchObject({
      code: "HOST_KEY_MISMATCH",
    });
  });

  test(`${name}: what is installed can be inspected, installed again, wiped and removed, each twice`, async () => {
    await using tried = await create();
    const { provider, bundle, config } = tried;
    const connection = await pinned(tried);
    expect(await provider.inspect(connection, { signal })).toBeUndefined();
    const steps: string[] = [];
    const request = { bundle, config, signal, onStep: (step: string) => void steps.push(step) };
    const first = await provider.install(connection, request);
    expect(steps.length).toBeGreaterThan(0);
    expect(await provider.inspect(connection, { signal })).toEqual({ version: bundle.version, isRunning: true });
    const again = await provider.install(connection, request);
    expect(again.wgPublicKey).toBe(first.wgPublicKey);
    for (let twice = 0; twice < 2; twice += 1) await provider.wipe(connection, { signal });
    expect(await provider.inspect(connection, { signal })).toMatchObject({ isRunning: true });
    for (let twice = 0; twice < 2; twice += 1) await provider.remove(connection, { signal });
    expect(await provider.inspect(connection, { signal })).toBeUndefined();
  });

  test(`${name}: a host that does not answer is told as such`, async () => {
    await using tried = await create();
    await expect(tried.provider.register(tried.silentHost, { signal })).rejects.toMatchObject({
      code: "HOST_UNREACHABLE",
    });
  });
}
