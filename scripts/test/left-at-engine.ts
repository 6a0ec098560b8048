import { type Machine, command } from "../setup/machine.ts";

/** Everything with a label of ours at the engine: `kind name`. */
export async function leftAtEngine(machine: Machine): Promise<string[]> {
  const listings = [
    { kind: "container", argv: ["ps", "--all", "--format", "{{.Names}}"] },
    { kind: "network", argv: ["network", "ls", "--format", "{{.Name}}"] },
    { kind: "volume", argv: ["volume", "ls", "--format", "{{.Name}}"] },
    { kind: "image", argv: ["images", "--format", "{{.Repository}}:{{.Tag}}"] },
  ];
  const found = await Promise.all(
    listings.map(async ({ kind, argv }) => {
      const { stdout } = await command(machine, ["docker", ...argv, "--filter", "label=cilo.home"]);
      return stdout
        .split("\n")
        .filter(Boolean)
        .map((name) => `${kind} ${name}`);
    }),
  );
  return found.flat();
}
