import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

/** Identifiers of the dnsmasq processes whose command line names this home. */
export async function dnsmasqOf(home: string): Promise<number[]> {
  const processes = (await readdir("/proc")).filter((name) => /^\d+$/u.test(name));
  const found = await Promise.all(
    processes.map(async (pid) => {
      const command = await readFile(join("/proc", pid, "cmdline"), "utf8").catch(() => "");
      return /(^|\/)dnsmasq\0/u.test(command) && command.includes(`${home}/`) ? [Number(pid)] : [];
    }),
  );
  return found.flat();
}

/** Ends them. */
export async function stopDnsmasq(home: string): Promise<void> {
  for (const pid of await dnsmasqOf(home)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // Gone since it was listed.
    }
  }
}
