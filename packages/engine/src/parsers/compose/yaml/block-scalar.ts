import { type Cursor, SPACE, TAB, isBlank, isBreak } from "./cursor.ts";
import { YamlFault } from "./fault.ts";

/** The text of `|` or `>`, which the cursor stands at; `indent` is that of what it belongs to. @throws YamlFault */
export function readBlockScalar(
  cursor: Cursor,
  { folded, indent: outer }: { folded: boolean; indent: number },
): string {
  cursor.pos++;
  const { chomp, increment } = blockHeader(cursor);
  let indent = increment > 0 ? Math.max(outer, 0) + increment : 0;
  const breaks = { indent, text: "" };
  blockBreaks(cursor, breaks, outer);
  indent = breaks.indent;
  let out = "";
  let lead = "";
  let blankBefore = false;
  while (cursor.column === indent && cursor.pos < cursor.text.length) {
    const blank = isBlank(cursor.at(0));
    if (folded && lead === "\n" && !blankBefore && !blank) {
      if (breaks.text === "") out += " ";
    } else out += lead;
    out += breaks.text;
    breaks.text = "";
    blankBefore = blank;
    const from = cursor.pos;
    while (cursor.pos < cursor.text.length && !isBreak(cursor.at(0))) cursor.pos++;
    out += cursor.text.slice(from, cursor.pos);
    lead = cursor.pos < cursor.text.length ? cursor.readBreak() : "";
    blockBreaks(cursor, breaks, outer);
  }
  if (chomp !== "-") out += lead;
  if (chomp === "+") out += breaks.text;
  return out;
}

function blockHeader(cursor: Cursor): { chomp: string; increment: number } {
  let chomp = "";
  let increment = 0;
  for (let step = 0; step < 2; step++) {
    const c = cursor.at(0);
    if ((c === 43 || c === 45) && chomp === "") chomp = c === 43 ? "+" : "-";
    else if (c >= 48 && c <= 57 && increment === 0) {
      if (c === 48) throw new YamlFault("an indentation indicator is 1 to 9", cursor.pos);
      increment = c - 48;
    } else break;
    cursor.pos++;
  }
  while (isBlank(cursor.at(0))) cursor.pos++;
  if (cursor.at(0) === 35) while (cursor.pos < cursor.text.length && !isBreak(cursor.at(0))) cursor.pos++;
  if (cursor.pos < cursor.text.length) {
    if (!isBreak(cursor.at(0))) throw new YamlFault("expected the end of the line after | or >", cursor.pos);
    cursor.readBreak();
  }
  return { chomp, increment };
}

/** Line breaks between lines of the text; finds the indentation with the first one. */
function blockBreaks(cursor: Cursor, state: { indent: number; text: string }, outer: number): void {
  let deepest = 0;
  for (;;) {
    while ((state.indent === 0 || cursor.column < state.indent) && cursor.at(0) === SPACE) cursor.pos++;
    deepest = Math.max(deepest, cursor.column);
    if ((state.indent === 0 || cursor.column < state.indent) && cursor.at(0) === TAB) {
      throw new YamlFault("found a tab where spaces must indent", cursor.pos);
    }
    if (!isBreak(cursor.at(0))) break;
    state.text += cursor.readBreak();
  }
  if (state.indent === 0) state.indent = Math.max(deepest, outer + 1, 1);
}
