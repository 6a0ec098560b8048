import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { openApiDocument } from "@cilo/api";
import fc from "fast-check";
import { expect, test } from "vitest";
import * as z from "zod";
import { startTestServer } from "../testing/test-server.ts";

const isLong = process.env["CILO_TEST_LONG"] === "1";

const Document = z.object({
  paths: z.record(
    z.string(),
    z.record(z.string(), z.object({ parameters: z.array(z.object({ name: z.string(), in: z.string() })) })),
  ),
});

/** Every operation of the OpenAPI document, as a client that reads it would see them. */
function operations(): { path: string; method: string; query: string[] }[] {
  const { paths } = Document.parse(openApiDocument("1"));
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters }]) => ({
      path,
      method: method.toUpperCase(),
      query: parameters.filter((one) => one.in === "query").map((one) => one.name),
    })),
  );
}

const nasty = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.constantFrom(
    "",
    "0",
    "-1",
    "..",
    "../../etc/passwd",
    "%00",
    "'; drop table teams; --",
    "\u0000",
    "a".repeat(5000),
    "1e999",
    "null",
  ),
  fc.integer().map(String),
);
const wellFormed = fc.constantFrom(
  "env_00000000000000000000",
  "key_00000000000000000000",
  "mach_00000000000000000000",
  "A".repeat(43),
);
const body = fc.oneof(
  fc.json(),
  fc.anything({ maxDepth: 3 }).map((value) => JSON.stringify(value) ?? ""),
  fc
    .record(
      {
        name: fc.oneof(nasty, fc.constant("agent-1")),
        project: fc.oneof(nasty, fc.constant("p")),
        format: fc.oneof(nasty, fc.constant("compose")),
        scope: fc.oneof(nasty, fc.constant("ci")),
        host: nasty,
        sshUser: fc.oneof(nasty, fc.constant("root")),
        hours: fc.oneof(fc.double(), fc.constant(1)),
        ttlHours: fc.double(),
        usedRoutes: fc.array(fc.oneof(nasty, fc.constant("10.0.0.0/8")), { maxLength: 5 }),
        environmentId: fc.oneof(nasty, wellFormed),
        clientPublicKey: nasty,
        device: nasty,
        expiresAt: fc.oneof(nasty, fc.constant("9999-12-31T23:59:59Z")),
        __proto__: fc.constant({ admin: true }),
      },
      { requiredKeys: [] },
    )
    .map((value) => JSON.stringify(value)),
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.constant("[".repeat(100_000)),
);

test("no request that the OpenAPI document can be bent into makes the server fail, hang or forget a problem's form", async () => {
  const server = await startTestServer();
  const { key } = await server.client("admin");
  const every = operations();
  const samples = fc.sample(
    fc.record({
      operation: fc.constantFrom(...every),
      parts: fc.array(fc.oneof(nasty, wellFormed), { minLength: 2, maxLength: 2 }),
      query: fc.array(nasty, { minLength: 6, maxLength: 6 }),
      body,
      type: fc.constantFrom("application/json", "text/plain", "application/json; charset=utf-16", ""),
    }),
    { numRuns: isLong ? 20_000 : 600, seed: 4 },
  );
  for (const { operation, parts, query, body: text, type } of samples) {
    const path = operation.path.replaceAll(/\{\w+\}/gu, () => encodeURIComponent(parts.pop() ?? "x"));
    const search = operation.query
      .map((name, index) => `${name}=${encodeURIComponent((query[index] ?? "").toWellFormed())}`)
      .join("&");
    const hasBody = operation.method !== "GET";
    const response = await fetch(`${server.url}${path}?${search}`, {
      method: operation.method,
      headers: { authorization: `Bearer ${key}`, ...(hasBody && type !== "" ? { "content-type": type } : {}) },
      ...(hasBody ? { body: text } : {}),
      signal: AbortSignal.timeout(10_000),
    });
    const answer = await response.text();
    const sent = `${operation.method} ${path}?${search} ${text.slice(0, 500)}`;
    expect(response.status, `${sent} → ${answer}`).toBeLessThan(500);
    if (response.status >= 400) {
      expect(response.headers.get("content-type"), sent).toContain("application/problem+json");
      expect(z.object({ code: z.string(), requestId: z.string() }).safeParse(JSON.parse(answer)).success, answer).toBe(
        true,
      );
    }
  }
  expect((await fetch(`${server.url}/v1/health`)).status).toBe(200);
});

test("what is no HTTP, too large, or never finished is answered or cut off, and others are served meanwhile", async () => {
  const server = await startTestServer();
  const { port } = new URL(server.url);
  const raw = async (bytes: string): Promise<string> =>
    await new Promise((resolve, reject) => {
      let got = "";
      const socket = connect(Number(port), "127.0.0.1", () => socket.write(bytes));
      socket.on("data", (part: Buffer) => (got += part.toString("latin1")));
      socket.on("close", () => resolve(got));
      socket.on("error", reject);
    });
  const headers = `x: ${"y".repeat(40_000)}`;
  expect(await raw("\u0000\u0001\r\n\r\n")).toContain("400 ");
  expect(await raw(`GET /v1/health HTTP/1.1\r\nhost: x\r\n${headers}\r\n\r\n`)).toContain("431 ");
  const slow = raw(
    "POST /v1/environments HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{",
  );
  const { key } = await server.client("admin");
  expect(await postLarge(server.url, key)).toBe(413);
  expect((await fetch(`${server.url}/v1/health`)).status).toBe(200);
  expect(await slow).toContain("408 ");
});

async function postLarge(url: string, key: string): Promise<number> {
  return await new Promise((resolve, reject) => {
    const sending = httpRequest(`${url}/v1/environments`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    });
    sending.on("response", (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sending.on("error", reject);
    sending.end("x".repeat(1024 * 1024));
  });
}
