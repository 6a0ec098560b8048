/**
 * Writes docs/reference, docs/API_REFERENCE.md and the table of scopes in docs/SECURITY.md, which are made from the
 * source. Tests say when they are out of date.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { apiReference, scopeTable } from "@cilo/api";
import { pages } from "../packages/cli/src/docs/pages.ts";

const root = join(import.meta.dirname, "..");

for (const [path, render] of Object.entries({ ...pages, "docs/API_REFERENCE.md": apiReference })) {
  const file = join(root, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, render());
}

const security = join(root, "docs/SECURITY.md");
const table = /(<!-- scopes -->\n)[\s\S]*(<!-- \/scopes -->)/u;
await writeFile(security, (await readFile(security, "utf8")).replace(table, `$1${scopeTable()}\n$2`));
