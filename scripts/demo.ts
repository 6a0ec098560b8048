/**
 * `npm run demo [-- --yes]`: installs what is missing (asking once), builds `cilo`, and runs examples/shop twice side
 * by side. Fails where anything it shows is not true. May be run again: what is there is used.
 */
import { resolve } from "node:path";
import { buildCilo } from "./demo/cilo.ts";
import { bringUp } from "./demo/environments.ts";
import { printFarewell } from "./demo/farewell.ts";
import { namesStep } from "./demo/names.ts";
import { proveIsolation } from "./demo/isolation.ts";
import { placeOrders, readOrders } from "./demo/orders.ts";
import { describeMachine } from "./setup/machine.ts";
import { ensureImages, packagesForImages } from "./setup/images.ts";
import { prepareMachine } from "./setup/prepare.ts";
import { runScript } from "./setup/script.ts";

const images = ["nginx:1-alpine", "node:24-alpine", "postgres:16-alpine", "redis:7-alpine"];
const environments = ["demo-1", "demo-2"] as const;

await runScript(async (signal) => {
  const machine = await describeMachine(signal);
  await buildCilo(machine);
  await prepareMachine(machine, { packages: await packagesForImages(machine, images), last: await namesStep(machine) });
  await ensureImages(machine, images);

  const shop = resolve("examples/shop");
  console.log(`\nBringing up ${shop} as ${environments.join(" and ")}, side by side`);
  const running = await Promise.all(environments.map((name) => bringUp(machine, { name, from: shop })));

  console.log("\nA different order goes through each one's api, and is read back from here by name:");
  await placeOrders(running);
  await readOrders(running);

  console.log("\nNeither reaches the other:");
  await proveIsolation(machine, running);

  await printFarewell(machine, running);
});
