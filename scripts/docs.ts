/** Writes the pages of docs/reference that are made from the source. A test says when they are out of date. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pages } from "../packages/cli/src/docs/pages.ts";

for (const [path, render] of Object.entries(pages)) {
  const file = join(import.meta.dirname, "..", path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, render());
}
