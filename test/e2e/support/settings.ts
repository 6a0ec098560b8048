import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * What `cilo init --dns-port --base-subnet` would have written, without what it does to the system's resolver, which
 * a test must not touch.
 */
export async function writeMachineSettings(
  home: string,
  settings: { readonly dnsPort: number; readonly baseSubnet: string; readonly addressing?: string | undefined },
): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  const content = {
    version: 1,
    dnsPort: settings.dnsPort,
    baseSubnet: settings.baseSubnet,
    suffixes: [".test"],
    addressing: settings.addressing,
  };
  await writeFile(join(home, "machine.json"), `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
}
