export { procfileParser } from "./procfile-parser.ts";
export { procfileSupport } from "./support.ts";
export type { ProcfileSupport } from "./support.ts";
