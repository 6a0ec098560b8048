export { composeParser } from "./compose-parser.ts";
export { printCompose } from "./print.ts";
export { REFERENCE_VERSION } from "./schema/schema.ts";
export { composeAttributes } from "./schema/attributes.ts";
export type { ComposeAttribute } from "./schema/attributes.ts";
