import { connect } from "node:net";
import { createInterface } from "node:readline";
import { once } from "node:events";

/** The two Redis commands a queue takes, in Redis' own line protocol. Ends the process when the connection does. */
export async function connectToQueue(url) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port || 6379), hostname);
  await once(socket, "connect");
  socket.on("close", () => process.exit(1));
  const lines = createInterface({ input: socket, crlfDelay: Infinity })[Symbol.asyncIterator]();
  let last = Promise.resolve();
  // One command at a time, so that answers belong to the question asked last.
  const send = (...words) => (last = last.then(() => exchange(socket, lines, words)));
  return {
    push: (key, value) => send("LPUSH", key, value),
    /** The oldest value; waits until there is one. */
    pop: async (key) => (await send("BRPOP", key, "0"))[1],
  };
}

async function exchange(socket, lines, words) {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  socket.write(`*${words.length}\r\n${parts.join("")}`);
  return await readAnswer(lines);
}

async function readAnswer(lines) {
  const { value: line } = await lines.next();
  const [kind, rest] = [line[0], line.slice(1)];
  if (kind === "-") throw new Error(rest);
  if (kind === "*") return await readList(lines, Number(rest));
  if (kind === "$") return (await lines.next()).value;
  return rest;
}

async function readList(lines, length) {
  const list = [];
  for (let index = 0; index < length; index += 1) list.push(await readAnswer(lines));
  return list;
}
