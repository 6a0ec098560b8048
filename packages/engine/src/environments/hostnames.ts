/** Whole host names by service. */
export type Hostnames = Readonly<Record<string, readonly string[]>>;

/** The names that the project's config gives and those that `cilo hostnames add` gave, by service. */
export function mergeHostnames(configured: Hostnames, added: Hostnames = {}): Record<string, readonly string[]> {
  const services = new Set([...Object.keys(configured), ...Object.keys(added)]);
  return Object.fromEntries(
    [...services].map((service) => [
      service,
      [...new Set([...(configured[service] ?? []), ...(added[service] ?? [])])],
    ]),
  );
}
