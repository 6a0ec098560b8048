import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { database } from "./database.js";
import { connectToQueue } from "./queue.js";

const queue = await connectToQueue(process.env.REDIS_URL);

const routes = {
  "GET /health": async () => {
    await database`SELECT 1`;
    return { status: 200, body: { ok: true } };
  },
  "GET /orders": async () => {
    return { status: 200, body: await database`SELECT id, item, quantity, status FROM orders ORDER BY id` };
  },
  "POST /orders": async (request) => {
    const { item, quantity = 1 } = await json(request);
    if (typeof item !== "string" || !Number.isInteger(quantity) || quantity < 1) {
      return { status: 400, body: { error: "an order is an item and a quantity of 1 or more" } };
    }
    const [order] = await database`
      INSERT INTO orders (item, quantity) VALUES (${item}, ${quantity}) RETURNING id, item, quantity, status`;
    await queue.push("orders", String(order.id));
    return { status: 201, body: order };
  },
};

const server = createServer(async (request, response) => {
  const answer = await handle(request);
  response.writeHead(answer.status, { "content-type": "application/json" });
  response.end(`${JSON.stringify(answer.body)}\n`);
});

async function handle(request) {
  const { pathname } = new URL(request.url, "http://api");
  const route = routes[`${request.method} ${pathname}`];
  if (route === undefined) return { status: 404, body: { error: "no such page" } };
  try {
    return await route(request);
  } catch (error) {
    console.error(error);
    return { status: 500, body: { error: "the order could not be handled" } };
  }
}

process.once("SIGTERM", () => process.exit(0));
server.listen(3000, () => console.log("api listens on port 3000"));
