import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { EngineCode } from "../../errors.ts";
import { connectEngine, type EngineClient } from "./client.ts";
import { unixEndpoint } from "./endpoint.ts";

const signal = (): AbortSignal => AbortSignal.timeout(20_000);

describe("a connection to an engine", () => {
  test("speaks the engine's own version when that is older than ours", async () => {
    const paths: string[] = [];
    const client = await connectedTo((request, response) => {
      paths.push(request.url ?? "");
      response.end("{}");
    });
    expect(client.apiVersion).toBe("1.41");
    await client.call("GET", "/info", { signal: signal(), query: { a: "b c" } });
    expect(paths).toEqual(["/v1.41/info?a=b+c"]);
  });

  test("is made over TCP too", async () => {
    const server = createServer((_, response) => response.setHeader("Api-Version", "1.44").end('{"a":1}'));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const endpoint = { kind: "tcp", url: `tcp://127.0.0.1:${port}`, host: "127.0.0.1", port } as const;
    const client = await connectEngine(endpoint, { signal: signal() });
    expect(await client.call("GET", "/info", { signal: signal() })).toEqual({ status: 200, body: { a: 1 } });
  });

  test("gives the engine's reason when it refuses", async () => {
    const client = await connectedTo((_, response) => {
      response.statusCode = 409;
      response.end(JSON.stringify({ message: "that is\nin use" }));
    });
    await expect(client.call("DELETE", "/volumes/x", { signal: signal() })).rejects.toMatchObject({
      code: EngineCode.engineFailed,
      message: "the engine refused (409): that is in use",
    });
    expect(await client.call("DELETE", "/volumes/x", { signal: signal(), expect: [409] })).toMatchObject({
      status: 409,
    });
  });

  test("tells a full disk from other refusals", async () => {
    const client = await connectedTo((_, response) => {
      response.statusCode = 500;
      response.end(JSON.stringify({ message: "mkdir /x: no space left on device" }));
    });
    await expect(client.call("POST", "/networks/create", { signal: signal() })).rejects.toMatchObject({
      code: EngineCode.diskFull,
    });
  });

  test("says within the deadline that an engine hangs", async () => {
    const client = await connectedTo(() => undefined);
    await expect(client.call("GET", "/info", { signal: signal(), timeoutMs: 50 })).rejects.toMatchObject({
      code: EngineCode.engineUnreachable,
      message: expect.stringContaining("no answer in time"),
    });
  });

  test("ends a call with the caller's own reason", async () => {
    const client = await connectedTo(() => undefined);
    const abort = new AbortController();
    const reason = new Error("changed my mind");
    const call = client.call("GET", "/info", { signal: abort.signal });
    abort.abort(reason);
    await expect(call).rejects.toBe(reason);
  });

  test("survives that the engine closed it meanwhile, as a restart does", async () => {
    let answered = 0;
    const client = await connectedTo((request, response) => {
      answered++;
      if (answered === 2) request.socket.destroy();
      else response.end("{}");
    });
    await client.call("GET", "/info", { signal: signal() });
    await client.call("GET", "/info", { signal: signal() });
    expect(answered).toBe(3);
  });

  test("reads a large answer whole, and tells one that was cut off", async () => {
    const text = JSON.stringify({ names: Array.from({ length: 50_000 }, (_, index) => `é-${index}`) });
    const client = await connectedTo((request, response) => {
      if (request.url?.endsWith("/whole") === true) return void response.end(text);
      response.setHeader("content-length", text.length * 2);
      response.write(text.slice(0, 1000), () => request.socket.destroy());
    });
    const { body } = await client.call("GET", "/whole", { signal: signal() });
    expect(body).toEqual(JSON.parse(text));
    await expect(client.call("GET", "/cut", { signal: signal() })).rejects.toMatchObject({
      code: EngineCode.engineUnreachable,
      message: expect.stringContaining("broke off"),
    });
  });

  test("says that nobody listens", async () => {
    await expect(connectEngine(unixEndpoint("/nonexistent.sock"), { signal: signal() })).rejects.toMatchObject({
      code: EngineCode.engineUnreachable,
      message: expect.stringContaining("no such socket"),
    });
  });
});

describe("a stream of lines", () => {
  test("is parsed line by line, wherever the pieces are cut", async () => {
    const client = await connectedTo((_, response) => {
      const bytes = Buffer.from('{"a":"é"}\n\n{"b":2}\n');
      response.write(bytes.subarray(0, 7));
      setImmediate(() => response.write(bytes.subarray(7)));
    });
    const stop = new AbortController();
    const seen: unknown[] = [];
    for await (const value of client.lines("/events", { signal: stop.signal })) {
      seen.push(value);
      if (seen.length === 2) stop.abort();
    }
    expect(seen).toEqual([{ a: "é" }, { b: 2 }]);
  });

  test("that the engine ends is a failure, since something may be missed from now on", async () => {
    const client = await connectedTo((_, response) => response.end('{"a":1}\n'));
    const read = async (): Promise<void> => {
      for await (const value of client.lines("/events", { signal: signal() })) expect(value).toEqual({ a: 1 });
    };
    await expect(read()).rejects.toMatchObject({ code: EngineCode.engineUnreachable });
  });
});

/** A client of an engine of the test's own, which is at API 1.41. */
async function connectedTo(listener: RequestListener): Promise<EngineClient> {
  const folder = await mkdtemp(join(tmpdir(), "cilo-engine-"));
  const socket = join(folder, "s");
  const server = createServer((request, response) => {
    if (request.url === "/_ping") response.setHeader("Api-Version", "1.41").end("OK");
    else listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });
  return await connectEngine(unixEndpoint(socket), { signal: signal() });
}
