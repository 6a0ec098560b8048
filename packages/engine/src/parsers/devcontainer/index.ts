export { devcontainerParser } from "./devcontainer-parser.ts";
export { printDevcontainer, readDevcontainer } from "./configuration.ts";
export type { ResolvedDevcontainer } from "./configuration.ts";
export { devcontainerProperties } from "./properties.ts";
export type { DevcontainerProperty } from "./properties.ts";
