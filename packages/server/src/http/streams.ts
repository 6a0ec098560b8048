import type { KeyId } from "@cilo/api";
import type { Caller } from "../auth/keys.ts";

/** Every open stream, by the key that opened it, so that revoking the key or stopping the server ends it. */
export interface Streams {
  open(call: {
    readonly caller: Caller | undefined;
    readonly signal: AbortSignal;
  }): Disposable & { readonly signal: AbortSignal };
  endOf(keyId: KeyId): void;
  endAll(): void;
}

export function createStreams(): Streams {
  const open = new Map<AbortController, KeyId | undefined>();
  return {
    open: ({ caller, signal }) => {
      const ending = new AbortController();
      open.set(ending, caller?.keyId);
      return { signal: AbortSignal.any([signal, ending.signal]), [Symbol.dispose]: () => void open.delete(ending) };
    },
    endOf: (keyId) => {
      for (const [ending, owner] of open) if (owner === keyId) ending.abort();
    },
    endAll: () => {
      for (const ending of open.keys()) ending.abort();
    },
  };
}
