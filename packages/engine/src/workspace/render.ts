import type { RenderRule } from "./env-rules.ts";

const TOKEN = /\$\{(CILO_[A-Z0-9_]+)\}/g;

/**
 * The file's content with the rule's replacements and tokens put in. Replacements match literally, the longest first,
 * and what they put in is not searched again; an unknown token stays as it is. Bytes that are no UTF-8 survive.
 */
export function render(content: Buffer, rule: RenderRule, tokens: Readonly<Record<string, string>>): Buffer {
  const expand = (text: string): string =>
    text.replaceAll(TOKEN, (token, name: string) => valueOf(tokens, name) ?? token);
  const pairs = Object.entries(rule.replace).filter(([from]) => from !== "");
  const replacements = new Map(pairs.map(([from, to]) => [bytes(from), bytes(expand(to))]));
  const wanted = [...replacements.keys()].sort((a, b) => b.length - a.length).map((text) => literally(text));
  const sought = [...wanted, ...(rule.tokens ? [TOKEN.source] : [])].join("|");
  if (sought === "") return content;
  const text = content
    .toString("latin1")
    .replaceAll(new RegExp(sought, "g"), (found) => replacements.get(found) ?? bytes(expand(found)));
  return Buffer.from(text, "latin1");
}

function valueOf(tokens: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(tokens, name) ? tokens[name] : undefined;
}

/** UTF-8 bytes, one character each: what the content is searched as. */
function bytes(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
