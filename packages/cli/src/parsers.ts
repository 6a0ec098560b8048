import { type Parser, composeParser, devcontainerParser, procfileParser } from "@cilo/engine";

/** The formats Cilo reads, in the order they are tried. */
export const parsers: readonly Parser[] = [composeParser, devcontainerParser, procfileParser];
