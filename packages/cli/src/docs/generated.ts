/** Stands at the head of every page that is made from the source. */
export const GENERATED = "<!-- Made by `node scripts/docs.ts` from packages/cli. Change it there. -->";
