/** The values of several sources as they come. Ends when all have; when one fails, or the reader leaves, all are ended. */
export async function* merge<T>(sources: readonly AsyncGenerator<T>[]): AsyncGenerator<T> {
  const next = (source: AsyncGenerator<T>): Promise<[AsyncGenerator<T>, IteratorResult<T>]> =>
    source.next().then((result) => [source, result]);
  const waiting = new Map(sources.map((source) => [source, next(source)]));
  try {
    while (waiting.size > 0) {
      const [source, result] = await Promise.race(waiting.values());
      if (result.done === true) waiting.delete(source);
      else {
        waiting.set(source, next(source));
        yield result.value;
      }
    }
  } finally {
    for (const source of waiting.keys()) void source.return(undefined).catch(() => undefined);
    for (const one of waiting.values()) one.catch(() => undefined);
  }
}
