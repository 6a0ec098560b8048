import { delay } from "@cilo/base";
import type { Runtime } from "../runtimes/runtime.ts";
import type { Containers } from "./endpoints.ts";

/** Follows the containers of one Compose project. */
export interface Watch extends AsyncDisposable {
  /**
   * Resolves with the containers as they are after the next event, or after `withinMs` without one.
   * Calls are answered one at a time.
   */
  next(withinMs: number): Promise<Containers>;
  /** Asks the engine now and gives the answer to `onContainers` too. */
  look(): Promise<Containers>;
}

/**
 * Subscribes to the engine's events and, after each burst of them, asks what runs and hands it to `onContainers`, never
 * two at once. Resolves when the subscription stands, so that nothing that starts afterwards is missed. An error of the
 * engine or of `onContainers` is thrown by the next call.
 */
export async function watchContainers(request: {
  readonly runtime: Runtime;
  readonly composeProject: string;
  readonly onContainers: (containers: Containers) => Promise<void>;
  readonly signal: AbortSignal;
}): Promise<Watch> {
  const end = new AbortController();
  const signal = AbortSignal.any([request.signal, end.signal]);
  const waiters = new Set<PromiseWithResolvers<Containers>>();
  let looking: Promise<Containers> | undefined;
  let again = false;

  const lookOnce = async (): Promise<Containers> => {
    const { environments } = await request.runtime.status({ composeProject: request.composeProject }, { signal });
    await request.onContainers(environments);
    return environments;
  };
  const lookUntilStill = async (): Promise<Containers> => {
    try {
      for (;;) {
        again = false;
        const containers = await lookOnce();
        if (!again) return containers;
      }
    } finally {
      looking = undefined;
    }
  };
  const look = async (): Promise<Containers> => {
    again = true;
    looking ??= lookUntilStill();
    const containers = await looking;
    for (const waiter of waiters) waiter.resolve(containers);
    waiters.clear();
    return containers;
  };
  const fail = (error: unknown): void => {
    end.abort(error);
    for (const waiter of waiters) waiter.reject(error);
    waiters.clear();
  };

  const subscribed = Promise.withResolvers<void>();
  const follow = async (): Promise<void> => {
    const events = request.runtime.events(request.composeProject, { signal, ready: () => subscribed.resolve() });
    for await (const _ of events) look().catch(fail);
  };
  const following = follow().then(
    () => subscribed.resolve(),
    (error: unknown) => {
      subscribed.reject(error);
      fail(error);
    },
  );
  await subscribed.promise;

  return {
    look,
    async next(withinMs) {
      signal.throwIfAborted();
      const waiter = Promise.withResolvers<Containers>();
      waiters.add(waiter);
      const pause = new AbortController();
      const late = delay(withinMs, AbortSignal.any([signal, pause.signal])).then(() => look());
      try {
        return await Promise.race([waiter.promise, late]);
      } finally {
        waiters.delete(waiter);
        pause.abort();
        await late.catch(() => undefined);
      }
    },
    async [Symbol.asyncDispose]() {
      end.abort();
      await following;
      await looking?.catch(() => undefined);
    },
  };
}
