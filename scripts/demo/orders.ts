import { poll } from "@cilo/base";
import type { Running } from "./environments.ts";

/** Orders something else in each shop: by the web server in the first, by the api itself in the others. */
export async function placeOrders(shops: readonly Running[]): Promise<void> {
  for (const shop of shops) {
    const url = ordersUrl(shop);
    const order = { item: `tea for ${shop.environment}`, quantity: 1 + shops.indexOf(shop) };
    const answer = await fetch(url, { method: "POST", body: JSON.stringify(order) });
    if (answer.status !== 201) throw new Error(`POST ${url} answered ${answer.status}: ${await answer.text()}`);
    console.log(`  POST ${url}  ${JSON.stringify(order)}`);
  }
}

/** Reads each shop's orders, once its worker has packed them, and fails where one shop has another's. */
export async function readOrders(shops: readonly Running[]): Promise<void> {
  for (const shop of shops) {
    const url = ordersUrl(shop);
    const text = await poll(async () => allPacked(await (await fetch(url)).text()), {
      signal: AbortSignal.timeout(20_000),
      timeoutMs: 15_000,
      intervalMs: 20,
      what: `the worker of ${shop.environment}`,
    });
    console.log(`  GET  ${url}  ${text.trim()}`);
    const strangers = shops.filter((other) => other !== shop && text.includes(`"tea for ${other.environment}"`));
    if (strangers.length > 0 || !text.includes(`"tea for ${shop.environment}"`))
      throw new Error(`${shop.environment} has orders that are not its own`);
  }
}

function allPacked(orders: string): string | undefined {
  return orders.includes('"received"') ? undefined : orders;
}

function ordersUrl({ environment }: Running): string {
  return environment === "demo-1"
    ? `http://web.${environment}.test/api/orders`
    : `http://api.${environment}.test:3000/orders`;
}
