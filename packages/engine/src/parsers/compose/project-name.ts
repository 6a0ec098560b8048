import { posix } from "node:path";
import { CiloError } from "@cilo/base";
import { EngineCode } from "../../errors.ts";
import type { ParseOptions } from "../parser.ts";
import type { Discovery } from "./discover.ts";
import { type Session, UnreadableFile } from "./session.ts";
import { RequiredFault, TemplateFault, substitute } from "./template.ts";
import { YamlFault } from "./yaml/fault.ts";
import { rawMember } from "./yaml/raw-member.ts";
import { type RawNode, readDocuments } from "./yaml/reader.ts";
import { resolveScalar } from "./yaml/scalars.ts";

/** The project's name: `-p`, `COMPOSE_PROJECT_NAME`, the last `name:` of its files, its folder. @throws CiloError `PROJECT_INVALID` */
export function projectName(
  options: ParseOptions,
  { discovery, session }: { discovery: Discovery; session: Session },
): string {
  const given =
    options.projectName !== undefined && options.projectName !== ""
      ? options.projectName
      : discovery.env.get("COMPOSE_PROJECT_NAME");
  if (given !== undefined && given !== "") {
    if (normaliseName(given) === given) return given;
    throw new CiloError(
      EngineCode.projectInvalid,
      `${JSON.stringify(given.slice(0, 80))} cannot be a project name: lower-case letters, digits, - and _, a letter or digit first`,
      normaliseName(given) === "" ? {} : { hint: `Use ${normaliseName(given)}` },
    );
  }
  const written = nameInFiles(discovery, session);
  const name = normaliseName(written ?? posix.basename(discovery.projectDir));
  if (name !== "") return name;
  throw new CiloError(
    EngineCode.projectInvalid,
    `The project has no name: ${written === undefined ? "its folder's name" : "name:"} has no letter or digit`,
    { hint: "Write name: in the Compose file, or use -p NAME" },
  );
}

/** Lower case, of letters, digits, `_` and `-`, with a letter or digit first. */
function normaliseName(name: string): string {
  return (name.toLowerCase().match(/[a-z0-9_-]/gu) ?? []).join("").replace(/^[_-]+/u, "");
}

/** What the files say, variables put in: it may be nothing. `undefined` where they do not say. */
function nameInFiles({ files, env }: Discovery, session: Session): string | undefined {
  let last = "";
  for (const file of files) {
    for (const name of namesIn(file, session)) if (name !== "") last = name;
  }
  if (last === "") return undefined;
  try {
    return substitute(last, { lookup: (variable) => env.get(variable) });
  } catch (error) {
    // The loader itself reports it, with its place.
    if (error instanceof TemplateFault || error instanceof RequiredFault) return undefined;
    throw error;
  }
}

function namesIn(file: string, session: Session): string[] {
  try {
    const content = session.text(file);
    if (!/\bname\b|\\[uUx]/u.test(content)) return [];
    return readDocuments(content).map((document) => nameOf(rawMember(document, "name")));
  } catch (error) {
    if (error instanceof UnreadableFile || error instanceof YamlFault) return [];
    throw error;
  }
}

/** A name is text however it is spelled: only what says nothing, or is packed, is not as it is written. */
function nameOf(node: RawNode | undefined): string {
  if (node?.kind !== "scalar") return "";
  const resolved = resolveScalar(node.text, node.quoted, node.tag);
  if (resolved?.type === "null") return "";
  return resolved?.type === "string" ? String(resolved.value) : node.text;
}
