/** Every item of a list that the server answers in pages. */
export async function everyPage<Item>(
  page: (cursor: {
    readonly cursor?: string;
  }) => Promise<{ readonly items: readonly Item[]; readonly nextCursor: string | null }>,
): Promise<Item[]> {
  const all: Item[] = [];
  let cursor: { readonly cursor?: string } = {};
  for (;;) {
    const { items, nextCursor } = await page(cursor);
    all.push(...items);
    if (nextCursor === null) return all;
    cursor = { cursor: nextCursor };
  }
}
