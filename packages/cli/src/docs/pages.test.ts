import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isApiCode } from "@cilo/api";
import { BaseCode } from "@cilo/base";
import { EngineCode, KNOWN_KEYS } from "@cilo/engine";
import { NetworkCode } from "@cilo/network";
import { describe, expect, test } from "vitest";
import { application } from "../application.ts";
import { CliCode } from "../errors.ts";
import { exitCodeByErrorCode } from "../exit-codes.ts";
import { commandEntries } from "./command-entries.ts";
import { configKeys } from "./config-page.ts";
import { errorMeanings } from "./error-meanings.ts";
import { pages } from "./pages.ts";

const root = join(import.meta.dirname, "../../../..");
const codes = [BaseCode, EngineCode, NetworkCode, CliCode].flatMap((table) => Object.values(table)).sort();

/** What the clients of the contract throw themselves. */
const clientCodes = ["SERVER_UNREACHABLE", "ANSWER_INVALID"];

describe("the reference pages", () => {
  test.each(Object.keys(pages))("%s is what node scripts/docs.ts writes", async (path) => {
    expect(await readFile(join(root, path), "utf8")).toBe(pages[path]?.());
  });

  test("name every command that there is, and no other", async () => {
    const text = await readFile(join(root, "docs/reference/commands.md"), "utf8");
    const documented = [...text.matchAll(/^## cilo (.*)$/gmu)].map(([, name]) => name);
    expect(documented).toEqual(commandEntries(application()).map(({ name }) => name));
  });

  test("explain every error code of every package, and no other", () => {
    expect(Object.keys(errorMeanings).sort()).toEqual([...new Set(codes)]);
  });

  test("explain every key of .cilo/config.yml, and no other", () => {
    const keys = Object.entries(KNOWN_KEYS).flatMap(([path, names]) =>
      names.map((name) => (path === "" ? name : `${path}.${name}`)),
    );
    const leaves = keys.filter((key) => !keys.some((other) => other.startsWith(`${key}.`)));
    const documented = Object.keys(configKeys);
    expect(leaves.filter((key) => !documented.includes(key))).toEqual([]);
    expect(documented.filter((key) => !keys.includes(key))).toEqual([]);
  });
});

describe("the exit status table", () => {
  test("names only codes that there are", () => {
    const unknown = Object.keys(exitCodeByErrorCode).filter((code) => !codes.some((known) => known === code));
    expect(unknown.filter((code) => !isApiCode(code) && !clientCodes.includes(code))).toEqual([]);
  });
});

test("every command that the issue asks for is there", () => {
  const wanted =
    "init up create down destroy list status urls path open spec config logs exec cp run env sync diff merge hostnames-list hostnames-add hostnames-remove dns-status network-status doctor setup completion version shell " +
    "cloud-login cloud-logout cloud-whoami cloud-up cloud-down cloud-destroy cloud-sync cloud-connect cloud-disconnect cloud-list cloud-status cloud-urls cloud-env cloud-path cloud-open cloud-diff cloud-merge cloud-logs cloud-exec cloud-extend cloud-ping cloud-netcheck cloud-keys-create cloud-keys-list cloud-keys-revoke cloud-machines-add cloud-machines-list cloud-machines-remove";
  expect(
    commandEntries(application())
      .map(({ name }) => name.replaceAll(" ", "-"))
      .sort(),
  ).toEqual(wanted.split(" ").sort());
});
