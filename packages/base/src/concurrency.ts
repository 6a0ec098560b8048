/**
 * Maps `items` with at most `limit` calls under way; results in the order of `items`. When one call fails the others'
 * signal is aborted, all are awaited, and the first failure is thrown. A limit below 1 means one.
 */
export async function mapLimit<T, R>(
  items: readonly T[],
  options: { readonly limit: number; readonly signal: AbortSignal },
  each: (item: T, signal: AbortSignal) => Promise<R>,
): Promise<R[]> {
  const siblings = new AbortController();
  const signal = AbortSignal.any([options.signal, siblings.signal]);
  const results: R[] = Array.from({ length: items.length });
  const failures: unknown[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (failures.length > 0) return;
      try {
        signal.throwIfAborted();
        results[index] = await each(item, signal);
      } catch (error) {
        failures.push(error);
        siblings.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(Math.max(options.limit, 1), items.length) }, worker));
  if (failures.length > 0) throw failures[0];
  return results;
}
