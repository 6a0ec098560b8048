import type { Machine } from "../setup/machine.ts";
import { standInsPresent } from "../setup/images.ts";
import { undoCommands } from "../setup/undo.ts";
import type { Running } from "./environments.ts";

/** The table of names and addresses, and how to remove everything again. */
export async function printFarewell(machine: Machine, environments: readonly Running[]): Promise<void> {
  const rows = environments.flatMap(({ services }) =>
    services.map(({ hostname, addresses, state, url }) => [hostname, addresses.join(" "), state, url ?? ""]),
  );
  console.log(`\n${table([["NAME", "ADDRESS", "STATE", "URL"], ...rows])}`);
  console.log("\nLook around:");
  console.log("  npx cilo list            npx cilo logs demo-1 api      npx cilo exec demo-2 postgres -- psql -U shop");
  console.log("\nRemove it all:");
  for (const line of await removal(machine, environments)) console.log(`  ${line}`);
}

async function removal(machine: Machine, environments: readonly Running[]): Promise<string[]> {
  const standIns = await standInsPresent(machine);
  return [
    ...environments.map(({ environment }) => `npx cilo destroy ${environment}`),
    ...(standIns.length === 0 ? [] : [`docker rmi ${standIns.join(" ")}    # stand-in images`]),
    ...(await undoCommands()),
  ];
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
