/** Writes the tables of Compose attributes, devcontainer properties and what Procfile projects have in docs/SUPPORTED_FORMATS.md; test/supported-formats.test.ts says when it is out of date. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type ComposeAttribute,
  type DevcontainerProperty,
  REFERENCE_VERSION,
  composeAttributes,
  devcontainerProperties,
  isolationRule,
  procfileSupport,
} from "@cilo/engine";

/** The page with its tables as schema and code have them now. */
export function withAttributes(page: string): string {
  const attributes = withTable(page, "attributes", attributesTable());
  return withTable(withTable(attributes, "properties", propertiesTable()), "procfile", procfileTable());
}

function withTable(page: string, name: string, table: string): string {
  const [first, last] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`];
  const [start, end] = [page.indexOf(first), page.indexOf(last)];
  if (start === -1 || end === -1) throw new Error("docs/SUPPORTED_FORMATS.md has lost the marks around a table");
  return `${page.slice(0, start + first.length)}\n\n${table}\n\n${page.slice(end)}`;
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

function propertiesTable(): string {
  const rows = devcontainerProperties().map(propertyRow);
  return [
    `${rows.length} properties. Those with an L may also come from the image's label \`devcontainer.metadata\`.`,
    "",
    "| property | | what becomes of it |",
    "|---|---|---|",
    ...rows,
  ].join("\n");
}

function propertyRow({ name, state, how, inLabel }: DevcontainerProperty): string {
  return `| \`${name}\`${inLabel ? " L" : ""} | ${state} | ${how.replaceAll("|", "\\|")} |`;
}

function procfileTable(): string {
  const rows = procfileSupport().map(({ kind, name, state, how }) => `| ${kind} | \`${name}\` | ${state} | ${how} |`);
  return ["| what | name | | what becomes of it |", "|---|---|---|---|", ...rows].join("\n");
}

if (process.argv[1] === import.meta.filename) {
  const file = join(import.meta.dirname, "../docs/SUPPORTED_FORMATS.md");
  writeFileSync(file, withAttributes(readFileSync(file, "utf8")));
}
