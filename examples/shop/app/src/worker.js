import { database } from "./database.js";
import { connectToQueue } from "./queue.js";

process.once("SIGTERM", () => process.exit(0));

const queue = await connectToQueue(process.env.REDIS_URL);
console.log("worker waits for orders");
for (;;) {
  const id = await queue.pop("orders");
  await database`UPDATE orders SET status = 'packed' WHERE id = ${Number(id)}`;
  console.log(`packed order ${id}`);
}
