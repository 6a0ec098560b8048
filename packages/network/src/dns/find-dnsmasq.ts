import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { CiloError, isErrno } from "@cilo/base";
import { NetworkCode } from "../errors.ts";

/** Folders that are often not on an ordinary user's PATH. */
const MORE_FOLDERS = ["/usr/sbin", "/usr/local/sbin", "/sbin", "/opt/homebrew/sbin", "/opt/local/sbin"];

/**
 * Where dnsmasq is.
 * @throws CiloError `DNSMASQ_MISSING` with the command that installs it
 */
export async function findDnsmasq(context: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly folders?: readonly string[];
}): Promise<string> {
  const folders = [
    ...(context.env["PATH"] ?? "").split(delimiter).filter((folder) => folder.startsWith("/")),
    ...(context.folders ?? MORE_FOLDERS),
  ];
  const found = await firstExecutable(folders.map((folder) => join(folder, "dnsmasq")));
  if (found !== undefined) return found;
  throw new CiloError(NetworkCode.dnsmasqMissing, "dnsmasq, which answers for the names, is not installed", {
    hint: await installHint(context.platform),
  });
}

async function firstExecutable(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    try {
      await access(path, constants.X_OK);
      return path;
    } catch (error) {
      if (!isErrno(error, "ENOENT", "EACCES", "ENOTDIR")) throw error;
    }
  }
  return undefined;
}

/** `dnsmasq-base` is the program without the system service that would take port 53. */
async function installHint(platform: NodeJS.Platform): Promise<string> {
  if (platform === "darwin") return "brew install dnsmasq";
  const managers = [
    ["/usr/bin/apt-get", "sudo apt-get install dnsmasq-base"],
    ["/usr/bin/dnf", "sudo dnf install dnsmasq"],
    ["/usr/bin/pacman", "sudo pacman -S dnsmasq"],
    ["/usr/bin/zypper", "sudo zypper install dnsmasq"],
    ["/sbin/apk", "sudo apk add dnsmasq"],
  ] as const;
  const found = await firstExecutable(managers.map(([path]) => path));
  return managers.find(([path]) => path === found)?.[1] ?? "Install the package dnsmasq";
}
