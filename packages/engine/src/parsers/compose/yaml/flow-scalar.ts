import { type Cursor, TAB, isBlank, isBlankOrEnd, isBreak } from "./cursor.ts";
import { YamlFault } from "./fault.ts";

/** The text between quotes, which the cursor stands at. @throws YamlFault */
export function readQuoted(cursor: Cursor): string {
  const quote = cursor.at(0);
  const start = cursor.pos++;
  let out = "";
  for (;;) {
    if (cursor.column === 0 && cursor.isDocumentMark())
      throw new YamlFault("a document ends inside this quoted text", start);
    let from = cursor.pos;
    let escapedBreak = false;
    for (;;) {
      const c = cursor.at(0);
      if (c !== c) throw new YamlFault("this quoted text is never closed", start);
      if (isBlankOrEnd(c)) break;
      if (c === quote) {
        if (quote === 39 && cursor.at(1) === 39) {
          out += cursor.text.slice(from, cursor.pos + 1);
          cursor.pos += 2;
          from = cursor.pos;
          continue;
        }
        break;
      }
      if (c === 92 && quote === 34) {
        out += cursor.text.slice(from, cursor.pos);
        if (isBreak(cursor.at(1))) {
          cursor.pos++;
          cursor.readBreak();
          escapedBreak = true;
          from = cursor.pos;
          break;
        }
        out += escape(cursor);
        from = cursor.pos;
        continue;
      }
      cursor.pos++;
    }
    out += cursor.text.slice(from, cursor.pos);
    if (cursor.at(0) === quote && !escapedBreak) break;
    out += quotedBreaks(cursor, escapedBreak);
  }
  cursor.pos++;
  return out;
}

/** Blanks and line breaks inside quotes: a single break is a space, more are kept but for one. */
function quotedBreaks(cursor: Cursor, afterEscapedBreak: boolean): string {
  let blanks = "";
  let first = "";
  let rest = "";
  let broken = afterEscapedBreak;
  for (;;) {
    const c = cursor.at(0);
    if (isBlank(c)) {
      if (!broken) blanks += cursor.text.charAt(cursor.pos);
      cursor.pos++;
    } else if (isBreak(c)) {
      if (broken) rest += cursor.readBreak();
      else {
        blanks = "";
        first = cursor.readBreak();
        broken = true;
      }
    } else break;
  }
  if (!broken) return blanks;
  return fold(first, rest);
}

function escape(cursor: Cursor): string {
  const at = cursor.pos;
  const c = cursor.text.charAt(at + 1);
  const simple = ESCAPES.get(c);
  if (simple !== undefined) {
    cursor.pos += 2;
    return simple;
  }
  const length = c === "x" ? 2 : c === "u" ? 4 : c === "U" ? 8 : 0;
  if (length === 0) throw new YamlFault(`\\${c} is no escape; in double quotes write \\\\ for a backslash`, at);
  const digits = cursor.text.slice(at + 2, at + 2 + length);
  const code = /^[0-9A-Fa-f]+$/u.test(digits) && digits.length === length ? Number.parseInt(digits, 16) : Number.NaN;
  if (!(code <= 0x10ffff) || (code >= 0xd800 && code <= 0xdfff))
    throw new YamlFault(`\\${c}${digits} is no character`, at);
  cursor.pos += 2 + length;
  return String.fromCodePoint(code);
}

interface Plain {
  /** Inside [ ] or { }. */
  readonly inFlow: boolean;
  /** Less indentation ends it. */
  readonly indent: number;
}

/** Text without quotes, which the cursor stands at; `endsLine` when a line break followed it. @throws YamlFault */
export function readPlain(cursor: Cursor, { inFlow, indent }: Plain): { text: string; endsLine: boolean } {
  let out = "";
  let pending = "";
  let broken = false;
  for (;;) {
    if (cursor.column === 0 && cursor.isDocumentMark()) break;
    let c = cursor.at(0);
    if (c === 35) break;
    const from = cursor.pos;
    while (!isBlankOrEnd(c) && !endsPlain(cursor, c, inFlow)) {
      cursor.pos++;
      c = cursor.at(0);
    }
    if (cursor.pos > from) {
      out += pending + cursor.text.slice(from, cursor.pos);
      pending = "";
      broken = false;
    }
    if (!isBlank(c) && !isBreak(c)) break;
    let blanks = "";
    let first = "";
    let rest = "";
    for (;;) {
      c = cursor.at(0);
      if (isBlank(c)) {
        if (broken && cursor.column < indent && c === TAB)
          throw new YamlFault("found a tab where spaces must indent", cursor.pos);
        if (!broken) blanks += cursor.text.charAt(cursor.pos);
        cursor.pos++;
      } else if (isBreak(c)) {
        if (broken) rest += cursor.readBreak();
        else {
          first = cursor.readBreak();
          broken = true;
        }
      } else break;
    }
    pending = broken ? fold(first, rest) : blanks;
    if (!inFlow && cursor.column < indent) break;
  }
  return { text: out, endsLine: broken };
}

function endsPlain(cursor: Cursor, c: number, inFlow: boolean): boolean {
  if (c === 58) return isBlankOrEnd(cursor.at(1));
  if (!inFlow) return false;
  return isFlowIndicator(c) || (c === 63 && isBlankOrEnd(cursor.at(1)));
}

function isFlowIndicator(c: number): boolean {
  return c === 44 || c === 91 || c === 93 || c === 123 || c === 125;
}

function fold(first: string, rest: string): string {
  if (first === "\n" || first === "") return rest === "" ? (first === "" ? "" : " ") : rest;
  return first + rest;
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["0", "\0"],
  ["a", "\u0007"],
  ["b", "\b"],
  ["t", "\t"],
  ["\t", "\t"],
  ["n", "\n"],
  ["v", "\v"],
  ["f", "\f"],
  ["r", "\r"],
  ["e", "\u001B"],
  [" ", " "],
  ['"', '"'],
  ["'", "'"],
  ["\\", "\\"],
  ["N", "\u0085"],
  ["_", "\u00A0"],
  ["L", "\u2028"],
  ["P", "\u2029"],
]);
