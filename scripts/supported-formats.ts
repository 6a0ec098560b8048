/** Writes the table of Compose attributes in docs/SUPPORTED_FORMATS.md; test/supported-formats.test.ts says when it is out of date. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ComposeAttribute, REFERENCE_VERSION, composeAttributes, isolationRule } from "@cilo/engine";

const START = "<!-- attributes:start -->";
const END = "<!-- attributes:end -->";

/** The page with its table as schema and code have it now. */
export function withAttributes(page: string): string {
  const start = page.indexOf(START);
  const end = page.indexOf(END);
  if (start === -1 || end === -1) throw new Error("docs/SUPPORTED_FORMATS.md has lost the marks around its table");
  return `${page.slice(0, start + START.length)}\n\n${attributesTable()}\n\n${page.slice(end)}`;
}

function attributesTable(): string {
  const rows = composeAttributes().map(row);
  return [
    `${rows.length} attributes. Those with a + are newer than compose-go ${REFERENCE_VERSION}, or have newer forms.`,
    "",
    "| attribute | what becomes of it | how |",
    "|---|---|---|",
    ...rows,
  ].join("\n");
}

function row(attribute: ComposeAttribute): string {
  const rule = isolationRule(attribute.path);
  const how = [attribute.loader, rule?.how].filter((text) => text !== undefined).join("; ");
  const mark = attribute.newer ? " +" : "";
  return `| \`${attribute.path}\`${mark} | ${rule?.kind ?? "carried"} | ${how.replaceAll("|", "\\|")} |`;
}

if (process.argv[1] === import.meta.filename) {
  const file = join(import.meta.dirname, "../docs/SUPPORTED_FORMATS.md");
  writeFileSync(file, withAttributes(readFileSync(file, "utf8")));
}
