/** Answers that go on. They end when the device that reads them loses the environment. */
export interface OpenStreams {
  /** A signal that aborts with the stream's right to go on. Call `end` when it is over. */
  open(address: string): { readonly signal: AbortSignal; readonly end: () => void };
  /** Ends every stream of that address. */
  cut(address: string): void;
}

export function createOpenStreams(): OpenStreams {
  const open = new Map<AbortController, string>();
  return {
    open(address) {
      const controller = new AbortController();
      open.set(controller, address);
      return { signal: controller.signal, end: () => void open.delete(controller) };
    },
    cut(address) {
      for (const [controller, of] of open) if (of === address) controller.abort();
    },
  };
}
