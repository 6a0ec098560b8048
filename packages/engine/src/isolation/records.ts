/** Plain objects whose keys a project chose. `constructor` and `__proto__` are keys like any other. */

/** The own value of `key`; never an inherited one. */
export function lookup<T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}

/** A copy without the given keys. */
export function without<T extends Record<string, unknown>>(record: T, ...keys: readonly (keyof T)[]): T {
  const copy = { ...record };
  for (const key of keys) delete copy[key];
  return copy;
}

/** The same keys with other values. */
export function mapValues<T, R>(
  record: Readonly<Record<string, T>>,
  each: (value: T, key: string) => R,
): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, each(value, key)]));
}

/** The entries that `keep` keeps. */
export function filterRecord<T>(
  record: Readonly<Record<string, T>>,
  keep: (key: string, value: T) => boolean,
): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([key, value]) => keep(key, value)));
}

/** `{ [key]: value }`, or `{}` when there is nothing to say: for spreading. */
export function optional<K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } {
  const result: { [P in K]?: T } = {};
  if (value !== undefined) result[key] = value;
  return result;
}

/** In order, each once. */
export function unique(items: Iterable<string>): string[] {
  return [...new Set(items)];
}

/** The value when it is an object with keys, as JSON has them. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return isRecord(value) ? value : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value when it is a list; otherwise an empty one. */
export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
