import { CiloError } from "@cilo/base";
import * as z from "zod";

/** Where a page ends: the last row's time and id. */
export interface Cursor {
  readonly createdAt: Date;
  readonly id: string;
}

export const DEFAULT_PAGE = 50;

const CursorText = z.tuple([z.int().min(0).max(8.64e15), z.string().max(64)]);

/** @throws CiloError `CURSOR_INVALID` */
export function readCursor(text: string | undefined): Cursor | undefined {
  if (text === undefined) return undefined;
  try {
    const [time, id] = CursorText.parse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
    return { createdAt: new Date(time), id };
  } catch (cause) {
    throw new CiloError("CURSOR_INVALID", "the cursor is not one that this server gave", {
      cause,
      hint: "Begin again without a cursor",
    });
  }
}

/** One page of rows that were read with one more than `limit`. */
export function pageOfRows<Row extends { createdAt: Date; id: string }>(
  rows: readonly Row[],
  limit: number,
): { rows: Row[]; nextCursor: string | null } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  if (rows.length <= limit || last === undefined) return { rows: page, nextCursor: null };
  const text = JSON.stringify([last.createdAt.getTime(), last.id]);
  return { rows: page, nextCursor: Buffer.from(text).toString("base64url") };
}
