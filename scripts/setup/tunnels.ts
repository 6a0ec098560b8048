import { type Machine, hasProgram } from "./machine.ts";
import { availablePackages } from "./system-packages.ts";

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

/** The sanitizers and libFuzzer, which clang only recommends; named for the release. */
const clangRuntimes = ["libclang-rt-dev", "libclang-rt-14-dev", "libclang-rt-19-dev"];

/** The system packages that tests of tunnels lack. */
export async function packagesForTunnels(machine: Machine): Promise<string[]> {
  const missing = await Promise.all(
    programs.map(async ({ program, name }) => ((await hasProgram(program)) ? [] : name)),
  );
  const runtimes = (await hasProgram("clang")) ? [] : await availablePackages(machine, clangRuntimes);
  return [...missing.flat(), ...runtimes.slice(0, 1)];
}
