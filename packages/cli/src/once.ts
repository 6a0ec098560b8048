/** A function that makes something on its first call and answers the same ever after. */
export interface Once<T> {
  (): Promise<T>;
  /** What was made; `undefined` when nobody asked for it. */
  readonly made: () => Promise<T> | undefined;
}

export function once<T>(make: () => Promise<T>): Once<T> {
  let made: Promise<T> | undefined;
  const get = async (): Promise<T> => await (made ??= make());
  return Object.assign(get, { made: () => made });
}
