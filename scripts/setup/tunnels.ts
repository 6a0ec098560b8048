import { hasProgram } from "./machine.ts";

/** What tests of tunnels, of the helper and of the agent use, and the packages that bring it. */
const programs = [
  { program: "wg", name: "wireguard-tools" },
  { program: "wireguard-go", name: "wireguard-go" },
  { program: "ip", name: "iproute2" },
  { program: "nft", name: "nftables" },
  { program: "rsync", name: "rsync" },
  { program: "ping", name: "iputils-ping" },
  { program: "gcc", name: "gcc" },
  { program: "clang", name: "clang" },
  { program: "llvm-symbolizer", name: "llvm" },
  { program: "afl-fuzz", name: "afl++" },
  { program: "readelf", name: "binutils" },
] as const;

/** The system packages that tests of tunnels lack. */
export async function packagesForTunnels(): Promise<string[]> {
  const missing = await Promise.all(
    programs.map(async ({ program, name }) => ((await hasProgram(program)) ? [] : name)),
  );
  return missing.flat();
}
