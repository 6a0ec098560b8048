import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openApiDocument } from "./openapi.ts";
import { apiReference, scopeTable } from "./reference.ts";
import { serverRoutes } from "./contract/server.ts";

const docs = join(import.meta.dirname, "../../../docs");

test("docs/API_REFERENCE.md is what node scripts/docs.ts writes", async () => {
  expect(await readFile(join(docs, "API_REFERENCE.md"), "utf8")).toBe(apiReference());
});

test("docs/SECURITY.md has the table of scopes that the contract has", async () => {
  expect(await readFile(join(docs, "SECURITY.md"), "utf8")).toContain(
    `<!-- scopes -->\n${scopeTable()}\n<!-- /scopes -->`,
  );
});

test("the OpenAPI document has every route, and every reference in it leads somewhere", () => {
  const document = openApiDocument("1.0.0");
  const text = JSON.stringify(document);
  const names = [...text.matchAll(/"operationId":"(\w+)"/gu)].map(([, name]) => name ?? "");
  expect(names.sort()).toEqual(Object.keys(serverRoutes).sort());
  const references = new Set([...text.matchAll(/"\$ref":"([^"]+)"/gu)].map(([, reference]) => reference));
  for (const reference of references) {
    const found = reference
      ?.split("/")
      .slice(1)
      .reduce<unknown>(
        (at, part) =>
          typeof at === "object" && at !== null ? Object.entries(at).find(([key]) => key === part)?.[1] : undefined,
        document,
      );
    expect(found, reference).toBeDefined();
  }
  expect(references.size).toBeGreaterThan(10);
});
