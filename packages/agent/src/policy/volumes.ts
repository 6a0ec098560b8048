import type { Problem } from "@cilo/base";
import type { EnvironmentSpec } from "@cilo/engine";

/** Volumes are the engine's own folders, or memory: by its options the local driver mounts anything the kernel can. */
export function volumeProblems(volumes: NonNullable<EnvironmentSpec["volumes"]>): Problem[] {
  return Object.entries(volumes).flatMap(([key, volume]) => {
    const attribute = `volumes.${key}`;
    const refuse = (what: string): Problem[] => [{ attribute, message: `${what} is not allowed on a shared machine` }];
    const driver = volume?.driver ?? "";
    if (driver !== "" && driver !== "local") return refuse(`the volume driver ${driver}`);
    if (volume?.external === true) return refuse("an external volume");
    const options = Object.entries(volume?.driver_opts ?? {});
    if (options.length === 0 || isMemory(volume?.driver_opts ?? {})) return [];
    return refuse(`driver_opts ${options.map(([name, value]) => `${name}: ${value}`).join(", ")}`);
  });
}

/** `o: bind` would make a bind mount of it, whatever the type says. */
function isMemory({ type, device = "tmpfs", o = "", ...rest }: Readonly<Record<string, string>>): boolean {
  const isPlain = o.split(",").every((option) => option === "" || MEMORY_OPTION.test(option));
  return type === "tmpfs" && device === "tmpfs" && isPlain && Object.keys(rest).length === 0;
}

const MEMORY_OPTION = /^(?:(?:size|mode|uid|gid|nr_inodes|nr_blocks)=[\w%]+|ro|rw|nosuid|nodev|noexec|noatime)$/u;
