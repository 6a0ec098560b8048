import * as start from "./0001-start.ts";

/** Every migration, in order; one that was released is never changed. */
export const migrations: readonly { readonly name: string; readonly sql: string }[] = [
  { name: "0001-start", sql: start.sql },
];
