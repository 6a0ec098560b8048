import { type RequestListener, createServer } from "node:http";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { createAgentClient, createServerClient } from "./client.ts";
import { problemOf } from "./problem.ts";
import { EnvironmentId } from "./contract/values.ts";

const signal = AbortSignal.timeout(30_000);
const id = EnvironmentId.parse("env_0123456789abcdefghij");

test("a problem is thrown as an error with its code, its hint and all its problems", async () => {
  const baseUrl = await serve((_, response) => {
    const problem = problemOf("POLICY_REFUSED", "web is privileged", {
      hint: "Remove privileged",
      problems: [{ message: "privileged is refused", attribute: "services.web.privileged" }],
    });
    response.writeHead(problem.status, { "content-type": "application/problem+json" }).end(JSON.stringify(problem));
  });
  const call = createServerClient({ baseUrl, token: () => "k" }).getEnvironment({ params: { id }, signal });
  await expect(call).rejects.toMatchObject({
    code: "POLICY_REFUSED",
    message: "web is privileged",
    hint: "Remove privileged",
    problems: [{ message: "privileged is refused", attribute: "services.web.privileged" }],
  });
});

test("what answers but does not speak the contract is told from what does not answer", async () => {
  const baseUrl = await serve((_, response) => response.writeHead(200).end("<html>"));
  const elsewhere = createServerClient({ baseUrl, token: () => "k" });
  await expect(elsewhere.serverStatus({ signal })).rejects.toMatchObject({ code: "ANSWER_INVALID" });
  const nobody = createAgentClient({ baseUrl: "http://127.0.0.1:1", token: () => "k" });
  await expect(nobody.health({ signal })).rejects.toMatchObject({ code: "MACHINE_UNREACHABLE" });
});

test("parameters, query, token and idempotency key stand where the contract has them", async () => {
  const seen: string[] = [];
  const baseUrl = await serve((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    response.writeHead(200, { "content-type": "application/json" }).end('{"items":[],"nextCursor":null}');
  });
  const client = createServerClient({ baseUrl, token: () => Promise.resolve("secret") });
  expect(await client.listEnvironments({ query: { limit: 5, status: "running" }, signal })).toEqual({
    items: [],
    nextCursor: null,
  });
  expect(seen).toEqual(["GET /v1/environments?limit=5&status=running Bearer secret"]);
});

test("lines are given as they come, cut wherever the network cuts them, and stop when they are no longer wanted", async () => {
  let isClosed = false;
  const baseUrl = await serve((request, response) => {
    request.socket.once("close", () => (isClosed = true));
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    response.write('{"service":"web","stream":"stdout","line":"grü');
    response.write('n"}\n\n{"service":"web","stream":"stderr","line":"b"}\n');
  });
  const lines = await createAgentClient({ baseUrl, token: () => "k" }).logs({ query: { environmentId: id }, signal });
  const got: string[] = [];
  for await (const { line } of lines) {
    got.push(line);
    if (got.length === 2) break;
  }
  expect(got).toEqual(["grün", "b"]);
  await expect.poll(() => isClosed).toBe(true);
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return `http://127.0.0.1:${address.port}`;
}
