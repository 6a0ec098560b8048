import { readFile, readdir, readlink } from "node:fs/promises";
import { isErrno, readFileIfThere } from "@cilo/base";

/** Which program has the port of 127.0.0.1 (or of all addresses) open, e.g. `avahi-daemon (process 812)`; `undefined` when that cannot be told. Linux only. */
export async function portHolder(port: number): Promise<string | undefined> {
  const tables = await Promise.all(["udp", "tcp", "udp6", "tcp6"].map((name) => readFileIfThere(`/proc/net/${name}`)));
  const inodes = new Set(tables.flatMap((table) => socketsOnPort(table ?? "", port)));
  if (inodes.size === 0) return undefined;
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/u.test(name))) {
    if (await ownsSocket(pid, inodes))
      return `${(await readFile(`/proc/${pid}/comm`, "utf8")).trim()} (process ${pid})`;
  }
  return undefined;
}

/** Inodes of the sockets bound to the port: the second column is `address:port` in hex, the tenth the inode. */
function socketsOnPort(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const rows = table.split("\n").map((line) => line.trim().split(/\s+/u));
  return rows.flatMap((row) => (row[1]?.endsWith(suffix) === true && row[9] !== undefined ? [row[9]] : []));
}

async function ownsSocket(pid: string, inodes: ReadonlySet<string>): Promise<boolean> {
  try {
    const folder = `/proc/${pid}/fd`;
    const targets = await Promise.all((await readdir(folder)).map((fd) => linkTarget(`${folder}/${fd}`)));
    return targets.some((target) => inodes.has(/^socket:\[(\d+)\]$/u.exec(target)?.[1] ?? ""));
  } catch (error) {
    if (isErrno(error, "ENOENT", "ESRCH", "EACCES", "EPERM")) return false;
    throw error;
  }
}

async function linkTarget(path: string): Promise<string> {
  try {
    return await readlink(path);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ESRCH", "EACCES", "EPERM", "EINVAL")) return "";
    throw error;
  }
}
