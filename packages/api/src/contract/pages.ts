import * as z from "zod";

/** The query of every list: newest first, `limit` at a time, from where the last page's `nextCursor` says. */
export const PageQuery = z.strictObject({
  limit: z.optional(z.coerce.number().int().min(1).max(200).meta({ description: "Default 50." })),
  cursor: z.optional(z.string().max(200).meta({ description: "`nextCursor` of the page before." })),
});

/** One page of a list. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    nextCursor: z.nullable(z.string()).meta({ description: "Absent rows beyond this page: null." }),
  });
}
