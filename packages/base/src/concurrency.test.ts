import { expect, test } from "vitest";
import { mapLimit } from "./concurrency.ts";
import { delay } from "./poll.ts";

const { signal } = new AbortController();

test("results stand in the order of the items, whatever order they came in", async () => {
  const results = await mapLimit([30, 1, 15], { limit: 3, signal }, async (ms) => {
    await delay(ms, signal);
    return `after ${ms}`;
  });
  expect(results).toEqual(["after 30", "after 1", "after 15"]);
});

test("never more at once than the limit, and as many as it where there is work", async () => {
  let current = 0;
  let most = 0;
  await mapLimit(Array.from({ length: 50 }), { limit: 7, signal }, async () => {
    current += 1;
    most = Math.max(most, current);
    await delay(1, signal);
    current -= 1;
  });
  expect(most).toBe(7);
});

test("a limit below one still gets the work done", async () => {
  expect(await mapLimit([1, 2], { limit: 0, signal }, async (n) => n * 2)).toEqual([2, 4]);
});

test("no items, no calls", async () => {
  expect(await mapLimit([], { limit: 4, signal }, async () => expect.unreachable())).toEqual([]);
});

test("one failure cancels the others, waits for them, and is what is thrown", async () => {
  const ended: string[] = [];
  const working = mapLimit(["slow", "bad", "never begun"], { limit: 2, signal }, async (name, own) => {
    if (name === "bad") throw new Error("bad failed");
    if (name === "never begun") expect.unreachable();
    await delay(60_000, own).catch(async () => {
      await delay(10, signal);
      ended.push(`${name} cleaned up`);
    });
  });
  await expect(working).rejects.toThrow("bad failed");
  expect(ended).toEqual(["slow cleaned up"]);
});

test("an abort from outside reaches every call and begins no more", async () => {
  const stop = new AbortController();
  let begun = 0;
  const working = mapLimit([1, 2, 3, 4], { limit: 2, signal: stop.signal }, async (_, own) => {
    begun += 1;
    await delay(60_000, own);
  });
  stop.abort(new Error("stop"));
  await expect(working).rejects.toThrow("stop");
  expect(begun).toBeLessThanOrEqual(2);
});
