import { expect, test } from "vitest";
import { delay, poll } from "./poll.ts";

const { signal } = new AbortController();

test("answers the first thing that is neither undefined nor false, 0 and empty text included", async () => {
  const answers = [undefined, false, 0, "never asked for"];
  const answer = await poll(() => answers.shift(), { signal, timeoutMs: 1000, intervalMs: 1, what: "an answer" });
  expect(answer).toBe(0);
  expect(answers).toEqual(["never asked for"]);
});

test("gives up after its time and says what it waited for", async () => {
  const started = performance.now();
  const waiting = poll(() => false, { signal, timeoutMs: 50, intervalMs: 20, what: "dnsmasq to answer" });
  await expect(waiting).rejects.toMatchObject({ code: "TIMEOUT", message: "waited 50 ms for dnsmasq to answer" });
  expect(performance.now() - started).toBeGreaterThanOrEqual(49);
});

test("tries once with no time at all, and once more when the time is over", async () => {
  let tries = 0;
  const count = (): boolean => ++tries < 0;
  await expect(poll(count, { signal, timeoutMs: 0, what: "nothing" })).rejects.toThrow("waited 0 ms");
  expect(tries).toBe(1);
  await expect(poll(count, { signal, timeoutMs: 30, intervalMs: 1000, what: "nothing" })).rejects.toThrow();
  expect(tries).toBe(3);
});

test("what the probe throws ends the wait", async () => {
  const probe = (): never => {
    throw new Error("broken");
  };
  await expect(poll(probe, { signal, timeoutMs: 1000, what: "nothing" })).rejects.toThrow("broken");
});

test("an abort ends the wait at once with its reason", async () => {
  const stop = new AbortController();
  const waiting = poll(() => false, { signal: stop.signal, timeoutMs: 60_000, intervalMs: 60_000, what: "nothing" });
  stop.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
});

test("a delay is not even begun once its signal has aborted", async () => {
  await expect(delay(60_000, AbortSignal.abort(new Error("before")))).rejects.toThrow("before");
});

test("a delay leaves nothing behind on its signal", async () => {
  const stop = new AbortController();
  await delay(1, stop.signal);
  stop.abort(new Error("later"));
  await expect(delay(1, signal)).resolves.toBeUndefined();
});
