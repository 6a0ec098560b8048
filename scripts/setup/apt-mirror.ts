import { arch } from "node:process";
import { type Machine, command } from "./machine.ts";

/** The archive this machine's own apt is set up to use for its release, so that closed networks and local mirrors work. */
export async function aptMirror(machine: Machine): Promise<string> {
  const format = "$(REPO_URI) $(CODENAME) $(COMPONENT)";
  const { stdout } = await command(machine, ["apt-get", "indextargets", "--format", format, "Created-By: Packages"]);
  const own = stdout
    .split("\n")
    .map((line) => line.split(" "))
    .find(([uri = "", codename, component]) => {
      return /^https?:/u.test(uri) && codename === machine.codename && component === "main";
    });
  return own?.[0] ?? publicMirror(machine);
}

function publicMirror(machine: Machine): string {
  if (machine.distribution !== "ubuntu") return "http://deb.debian.org/debian";
  return arch === "x64" ? "http://archive.ubuntu.com/ubuntu" : "http://ports.ubuntu.com/ubuntu-ports";
}
