import { commandsPage } from "./commands-page.ts";
import { configPage } from "./config-page.ts";
import { errorsPage } from "./errors-page.ts";
import { exitCodesPage } from "./exit-codes-page.ts";
import { jsonPage } from "./json-page.ts";

/** The reference pages that are made from the source, by their path in the repository. */
export const pages: Readonly<Record<string, () => string>> = {
  "docs/reference/commands.md": commandsPage,
  "docs/reference/config.md": configPage,
  "docs/reference/errors.md": errorsPage,
  "docs/reference/exit-codes.md": exitCodesPage,
  "docs/reference/json.md": jsonPage,
};
