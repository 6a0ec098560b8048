import { type Parser, composeParser, devcontainerParser, procfileParser } from "@cilo/engine";

/** The formats that are read here, in the order they are tried. A machine loads no plugin. */
export const parsers: readonly Parser[] = [composeParser, devcontainerParser, procfileParser];
