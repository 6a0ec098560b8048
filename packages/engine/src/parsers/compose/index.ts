export { composeParser } from "./compose-parser.ts";
export { printCompose } from "./print.ts";
export { REFERENCE_VERSION } from "./schema/schema.ts";
