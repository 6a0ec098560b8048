/**
 * `npm run demo [-- --yes]`: installs what is missing (asking once), builds `cilo`, and runs examples/shop twice side
 * by side. Fails where anything it shows is not true. May be run again: what is there is used.
 */
import { resolve } from "node:path";
import { bringUp } from "./demo/environments.ts";
import { printFarewell } from "./demo/farewell.ts";
import { namesStep } from "./demo/names.ts";
import { proveIsolation } from "./demo/isolation.ts";
import { placeOrders, readOrders } from "./demo/orders.ts";
import { command, describeMachine } from "./setup/machine.ts";
import { ensureImages, packagesForImages } from "./setup/images.ts";
import { prepareMachine } from "./setup/prepare.ts";

const images = ["nginx:1-alpine", "node:24-alpine", "postgres:16-alpine", "redis:7-alpine"];
const environments = ["demo-1", "demo-2"] as const;

const stop = new AbortController();
process.once("SIGINT", () => stop.abort(new Error("interrupted")));
process.once("SIGTERM", () => stop.abort(new Error("terminated")));

const machine = await describeMachine(stop.signal);
console.log("Building cilo");
await command(machine, ["node", "scripts/build.ts"]);
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
