/**
 * Splits YAML text into tokens, by the rules of the libyaml family that Compose's own reader belongs to (ADR 0010):
 * where those differ from the letter of YAML 1.2, a Compose file means what that family reads.
 * Indentation becomes explicit tokens, so that the reader above needs no columns.
 */
export class YamlFault extends Error {
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

export type TokenType =
  | "end"
  | "directive"
  | "document-start"
  | "document-end"
  | "block-list"
  | "block-map"
  | "block-end"
  | "["
  | "]"
  | "{"
  | "}"
  | ","
  | "entry"
  | "key"
  | "value"
  | "alias"
  | "anchor"
  | "tag"
  | "scalar";

export interface Token {
  readonly type: TokenType;
  readonly at: number;
  /** Scalar text, anchor or alias name, tag, directive. */
  readonly text: string;
  /** A scalar that was quoted or a block: always a string unless it has a tag. */
  readonly quoted: boolean;
}

interface SimpleKey {
  possible: boolean;
  required: boolean;
  token: number;
  at: number;
  line: number;
  column: number;
}

/** Deeper nesting than any project has; keeps recursion over values within the stack. */
export const MAX_DEPTH = 1000;
const KEY_LENGTH = 1024;

const TAB = 9,
  LF = 10,
  CR = 13,
  SPACE = 32,
  NEL = 0x85,
  LS = 0x2028,
  PS = 0x2029;

function isBreak(c: number): boolean {
  return c === LF || c === CR || c === NEL || c === LS || c === PS;
}
function isBlank(c: number): boolean {
  return c === SPACE || c === TAB;
}
/** True for a blank, a line break, or the end of the text (`NaN`). */
function isBlankOrEnd(c: number): boolean {
  return c === SPACE || c === TAB || c === LF || c === CR || c !== c || c === NEL || c === LS || c === PS;
}
function isWord(c: number): boolean {
  return (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 95 || c === 45;
}

export class Scanner {
  readonly #text: string;
  #pos = 0;
  #line = 0;
  #lineStart = 0;
  #tokens: Token[] = [];
  #head = 0;
  #taken = 0;
  #ended = false;
  #flow = 0;
  #indent = -1;
  readonly #indents: number[] = [];
  #keyAllowed = true;
  readonly #keys: SimpleKey[] = [noKey()];

  constructor(content: string) {
    this.#text = content;
    if (content.charCodeAt(0) === 0xfeff) {
      this.#pos = 1;
      this.#lineStart = 1;
    }
  }

  /** The next token, which stays. */
  peek(): Token {
    while (this.#needsMore()) this.#fetch();
    return this.#tokens[this.#head] ?? { type: "end", at: this.#text.length, text: "", quoted: false };
  }

  /** Takes the next token away. */
  take(): Token {
    const token = this.peek();
    if (token.type === "end") return token;
    this.#head++;
    this.#taken++;
    if (this.#head > 256 && this.#head * 2 > this.#tokens.length) {
      this.#tokens = this.#tokens.slice(this.#head);
      this.#head = 0;
    }
    return token;
  }

  #needsMore(): boolean {
    if (this.#ended) return false;
    if (this.#head >= this.#tokens.length) return true;
    // The token in front may yet turn out to be a key: then a `key` token belongs before it.
    for (const key of this.#keys) {
      if (!key.possible || key.token !== this.#taken) continue;
      this.#expire(key);
      if (key.possible) return true;
    }
    return false;
  }

  #expire(key: SimpleKey): void {
    if (key.line === this.#line && key.at + KEY_LENGTH >= this.#pos) return;
    if (key.required) throw new YamlFault("expected ':' after this key", key.at);
    key.possible = false;
  }

  #fetch(): void {
    this.#skipToToken();
    for (const key of this.#keys) if (key.possible) this.#expire(key);
    const column = this.#column();
    this.#unroll(column);
    const c = this.#at(0);
    if (c !== c) return this.#fetchEnd();
    if (column === 0 && c === 37) return this.#fetchDirective();
    if (column === 0 && (c === 45 || c === 46) && this.#isDocumentMark()) return this.#fetchDocumentMark(c);
    switch (c) {
      case 91:
        return this.#openFlow("[");
      case 123:
        return this.#openFlow("{");
      case 93:
        return this.#closeFlow("]");
      case 125:
        return this.#closeFlow("}");
      case 44:
        return this.#fetchComma();
      case 45:
        if (isBlankOrEnd(this.#at(1))) return this.#fetchEntry();
        break;
      case 63:
        if (this.#flow > 0 || isBlankOrEnd(this.#at(1))) return this.#fetchKey();
        break;
      case 58:
        if (this.#flow > 0 || isBlankOrEnd(this.#at(1))) return this.#fetchValue();
        break;
      case 42:
        return this.#fetchName("alias");
      case 38:
        return this.#fetchName("anchor");
      case 33:
        return this.#fetchTag();
      case 124:
        if (this.#flow === 0) return this.#fetchBlockScalar(false);
        break;
      case 62:
        if (this.#flow === 0) return this.#fetchBlockScalar(true);
        break;
      case 39:
        return this.#fetchQuoted(39);
      case 34:
        return this.#fetchQuoted(34);
      default:
    }
    if (this.#startsPlain(c)) return this.#fetchPlain();
    throw new YamlFault("found a character that cannot start a value here", this.#pos);
  }

  #startsPlain(c: number): boolean {
    const next = this.#at(1);
    if (c === 45) return !isBlank(next);
    if (c === 63 || c === 58) return this.#flow === 0 && !isBlankOrEnd(next);
    // , [ ] { } # & * ! | > ' " % @ ` and blanks
    return !(
      isBlankOrEnd(c) ||
      c === 44 ||
      c === 91 ||
      c === 93 ||
      c === 123 ||
      c === 125 ||
      c === 35 ||
      c === 38 ||
      c === 42 ||
      c === 33 ||
      c === 124 ||
      c === 62 ||
      c === 39 ||
      c === 34 ||
      c === 37 ||
      c === 64 ||
      c === 96
    );
  }

  #at(offset: number): number {
    return this.#text.charCodeAt(this.#pos + offset);
  }

  #column(): number {
    return this.#pos - this.#lineStart;
  }

  /** Steps over one line break and answers what it stands for. */
  #readBreak(): string {
    const c = this.#at(0);
    this.#pos += c === CR && this.#at(1) === LF ? 2 : 1;
    this.#line++;
    this.#lineStart = this.#pos;
    return c === LS ? "\u2028" : c === PS ? "\u2029" : "\n";
  }

  #isDocumentMark(): boolean {
    const c = this.#at(0);
    return this.#at(1) === c && this.#at(2) === c && (c === 45 || c === 46) && isBlankOrEnd(this.#at(3));
  }

  #skipToToken(): void {
    for (;;) {
      let c = this.#at(0);
      while (c === SPACE || (c === TAB && (this.#flow > 0 || !this.#keyAllowed))) {
        this.#pos++;
        c = this.#at(0);
      }
      if (c === 35) {
        while (c === c && !isBreak(c)) {
          this.#pos++;
          c = this.#at(0);
        }
      }
      if (!isBreak(c)) return;
      this.#readBreak();
      if (this.#flow === 0) this.#keyAllowed = true;
    }
  }

  #push(type: TokenType, at: number, content = "", quoted = false): void {
    this.#tokens.push({ type, at, text: content, quoted });
  }

  #saveKey(): void {
    if (!this.#keyAllowed) return;
    this.#removeKey();
    this.#keys[this.#keys.length - 1] = {
      possible: true,
      required: this.#flow === 0 && this.#indent === this.#column(),
      token: this.#taken + this.#tokens.length - this.#head,
      at: this.#pos,
      line: this.#line,
      column: this.#column(),
    };
  }

  #removeKey(): void {
    const key = this.#keys.at(-1);
    if (key?.possible && key.required) throw new YamlFault("expected ':' after this key", key.at);
    if (key !== undefined) key.possible = false;
  }

  #roll(column: number, token: number, type: TokenType, at: number): void {
    if (this.#flow > 0 || this.#indent >= column) return;
    this.#indents.push(this.#indent);
    if (this.#indents.length > MAX_DEPTH) throw new YamlFault(`nested more than ${MAX_DEPTH} deep`, at);
    this.#indent = column;
    const made: Token = { type, at, text: "", quoted: false };
    if (token === -1) this.#tokens.push(made);
    else this.#tokens.splice(this.#head + token - this.#taken, 0, made);
  }

  #unroll(column: number): void {
    if (this.#flow > 0) return;
    while (this.#indent > column) {
      this.#push("block-end", this.#pos);
      this.#indent = this.#indents.pop() ?? -1;
    }
  }

  #fetchEnd(): void {
    this.#unroll(-1);
    this.#removeKey();
    this.#keyAllowed = false;
    this.#push("end", this.#pos);
    this.#ended = true;
  }

  #fetchDirective(): void {
    this.#unroll(-1);
    this.#removeKey();
    this.#keyAllowed = false;
    const start = this.#pos;
    while (!isBreak(this.#at(0)) && this.#pos < this.#text.length) this.#pos++;
    this.#push(
      "directive",
      start,
      this.#text
        .slice(start, this.#pos)
        .replace(/\s#.*$/u, "")
        .trimEnd(),
    );
  }

  #fetchDocumentMark(c: number): void {
    this.#unroll(-1);
    this.#removeKey();
    this.#keyAllowed = false;
    this.#push(c === 45 ? "document-start" : "document-end", this.#pos);
    this.#pos += 3;
  }

  #openFlow(type: "[" | "{"): void {
    this.#saveKey();
    this.#keys.push(noKey());
    this.#flow++;
    if (this.#flow > MAX_DEPTH) throw new YamlFault(`nested more than ${MAX_DEPTH} deep`, this.#pos);
    this.#keyAllowed = true;
    this.#push(type, this.#pos++);
  }

  #closeFlow(type: "]" | "}"): void {
    this.#removeKey();
    if (this.#flow > 0) {
      this.#flow--;
      this.#keys.pop();
    }
    this.#keyAllowed = false;
    this.#push(type, this.#pos++);
  }

  #fetchComma(): void {
    this.#removeKey();
    this.#keyAllowed = true;
    this.#push(",", this.#pos++);
  }

  #fetchEntry(): void {
    if (this.#flow === 0) {
      if (!this.#keyAllowed) throw new YamlFault("a list item ('- ') is not allowed here", this.#pos);
      this.#roll(this.#column(), -1, "block-list", this.#pos);
    }
    this.#removeKey();
    this.#keyAllowed = true;
    this.#push("entry", this.#pos++);
  }

  #fetchKey(): void {
    if (this.#flow === 0) {
      if (!this.#keyAllowed) throw new YamlFault("a key is not allowed here", this.#pos);
      this.#roll(this.#column(), -1, "block-map", this.#pos);
    }
    this.#removeKey();
    this.#keyAllowed = this.#flow === 0;
    this.#push("key", this.#pos++);
  }

  #fetchValue(): void {
    const key = this.#keys.at(-1);
    if (key?.possible) {
      this.#tokens.splice(this.#head + key.token - this.#taken, 0, {
        type: "key",
        at: key.at,
        text: "",
        quoted: false,
      });
      this.#roll(key.column, key.token, "block-map", key.at);
      key.possible = false;
      this.#keyAllowed = false;
    } else {
      if (this.#flow === 0) {
        if (!this.#keyAllowed)
          throw new YamlFault("a second ': ' on one line, or a wrong indent: a mapping is not allowed here", this.#pos);
        this.#roll(this.#column(), -1, "block-map", this.#pos);
      }
      this.#keyAllowed = this.#flow === 0;
    }
    this.#push("value", this.#pos++);
  }

  #fetchName(type: "alias" | "anchor"): void {
    this.#saveKey();
    this.#keyAllowed = false;
    const start = this.#pos++;
    while (isWord(this.#at(0))) this.#pos++;
    const name = this.#text.slice(start + 1, this.#pos);
    const c = this.#at(0);
    // ? : , ] } % @ `
    const ends =
      isBlankOrEnd(c) || c === 63 || c === 58 || c === 44 || c === 93 || c === 125 || c === 37 || c === 64 || c === 96;
    if (name === "" || !ends)
      throw new YamlFault(
        `the name of ${type === "alias" ? "an alias" : "an anchor"} is letters, digits, - and _`,
        start,
      );
    this.#push(type, start, name);
  }

  #fetchTag(): void {
    this.#saveKey();
    this.#keyAllowed = false;
    const start = this.#pos;
    const verbatim = this.#at(1) === 60;
    while (!isBlankOrEnd(this.#at(0))) {
      const c = this.#at(0);
      if (!verbatim && (c === 44 || c === 91 || c === 93 || c === 123 || c === 125)) break;
      this.#pos++;
    }
    const tag = this.#text.slice(start, this.#pos);
    if (!/^!(?:<[\w\-;/?:@&=+$,.!~*'()[\]%#]+>|[\w\-;/?:@&=+$.!~*'()%]*)$/u.test(tag))
      throw new YamlFault(`${tag} is not a YAML tag`, start);
    const c = this.#at(0);
    if (!isBlankOrEnd(c) && !(this.#flow > 0 && c === 44))
      throw new YamlFault("expected a space after the tag", this.#pos);
    this.#push("tag", start, tag);
  }

  #fetchBlockScalar(folded: boolean): void {
    this.#removeKey();
    this.#keyAllowed = true;
    const start = this.#pos++;
    const { chomp, increment } = this.#blockHeader();
    let indent = increment > 0 ? Math.max(this.#indent, 0) + increment : 0;
    const breaks = { indent, text: "" };
    this.#blockBreaks(breaks, start);
    indent = breaks.indent;
    let out = "";
    let lead = "";
    let blankBefore = false;
    while (this.#column() === indent && this.#pos < this.#text.length) {
      const blank = isBlank(this.#at(0));
      if (folded && lead === "\n" && !blankBefore && !blank) {
        if (breaks.text === "") out += " ";
      } else out += lead;
      out += breaks.text;
      breaks.text = "";
      blankBefore = blank;
      const from = this.#pos;
      while (this.#pos < this.#text.length && !isBreak(this.#at(0))) this.#pos++;
      out += this.#text.slice(from, this.#pos);
      lead = this.#pos < this.#text.length ? this.#readBreak() : "";
      this.#blockBreaks(breaks, start);
    }
    if (chomp !== "-") out += lead;
    if (chomp === "+") out += breaks.text;
    this.#push("scalar", start, out, true);
  }

  #blockHeader(): { chomp: string; increment: number } {
    let chomp = "";
    let increment = 0;
    for (let step = 0; step < 2; step++) {
      const c = this.#at(0);
      if ((c === 43 || c === 45) && chomp === "") chomp = c === 43 ? "+" : "-";
      else if (c >= 48 && c <= 57 && increment === 0) {
        if (c === 48) throw new YamlFault("an indentation indicator is 1 to 9", this.#pos);
        increment = c - 48;
      } else break;
      this.#pos++;
    }
    while (isBlank(this.#at(0))) this.#pos++;
    if (this.#at(0) === 35) while (this.#pos < this.#text.length && !isBreak(this.#at(0))) this.#pos++;
    if (this.#pos < this.#text.length) {
      if (!isBreak(this.#at(0))) throw new YamlFault("expected the end of the line after | or >", this.#pos);
      this.#readBreak();
    }
    return { chomp, increment };
  }

  #blockBreaks(state: { indent: number; text: string }, start: number): void {
    let deepest = 0;
    for (;;) {
      while ((state.indent === 0 || this.#column() < state.indent) && this.#at(0) === SPACE) this.#pos++;
      deepest = Math.max(deepest, this.#column());
      if ((state.indent === 0 || this.#column() < state.indent) && this.#at(0) === TAB) {
        throw new YamlFault("found a tab where spaces must indent", this.#pos);
      }
      if (!isBreak(this.#at(0))) break;
      state.text += this.#readBreak();
    }
    if (state.indent === 0) state.indent = Math.max(deepest, this.#indent + 1, 1);
    if (this.#pos < start) throw new YamlFault("unexpected end of text", start);
  }

  #fetchQuoted(quote: number): void {
    this.#saveKey();
    this.#keyAllowed = false;
    const start = this.#pos++;
    let out = "";
    for (;;) {
      if (this.#column() === 0 && this.#isDocumentMark())
        throw new YamlFault("a document ends inside this quoted text", start);
      let from = this.#pos;
      let escapedBreak = false;
      for (;;) {
        const c = this.#at(0);
        if (c !== c) throw new YamlFault("this quoted text is never closed", start);
        if (isBlankOrEnd(c)) break;
        if (c === quote) {
          if (quote === 39 && this.#at(1) === 39) {
            out += this.#text.slice(from, this.#pos + 1);
            this.#pos += 2;
            from = this.#pos;
            continue;
          }
          break;
        }
        if (c === 92 && quote === 34) {
          out += this.#text.slice(from, this.#pos);
          if (isBreak(this.#at(1))) {
            this.#pos++;
            this.#readBreak();
            escapedBreak = true;
            from = this.#pos;
            break;
          }
          out += this.#escape();
          from = this.#pos;
          continue;
        }
        this.#pos++;
      }
      out += this.#text.slice(from, this.#pos);
      if (this.#at(0) === quote && !escapedBreak) break;
      out += this.#quotedBreaks(escapedBreak);
    }
    this.#pos++;
    this.#push("scalar", start, out, true);
  }

  /** Blanks and line breaks inside quotes: a single break is a space, more are kept but for one. */
  #quotedBreaks(afterEscapedBreak: boolean): string {
    let blanks = "";
    let first = "";
    let rest = "";
    let broken = afterEscapedBreak;
    for (;;) {
      const c = this.#at(0);
      if (isBlank(c)) {
        if (!broken) blanks += this.#text.charAt(this.#pos);
        this.#pos++;
      } else if (isBreak(c)) {
        if (broken) rest += this.#readBreak();
        else {
          blanks = "";
          first = this.#readBreak();
          broken = true;
        }
      } else break;
    }
    if (!broken) return blanks;
    return fold(first, rest);
  }

  #escape(): string {
    const at = this.#pos;
    const c = this.#text.charAt(at + 1);
    const simple = ESCAPES.get(c);
    if (simple !== undefined) {
      this.#pos += 2;
      return simple;
    }
    const length = c === "x" ? 2 : c === "u" ? 4 : c === "U" ? 8 : 0;
    if (length === 0) throw new YamlFault(`\\${c} is no escape; in double quotes write \\\\ for a backslash`, at);
    const digits = this.#text.slice(at + 2, at + 2 + length);
    const code = /^[0-9A-Fa-f]+$/u.test(digits) && digits.length === length ? Number.parseInt(digits, 16) : Number.NaN;
    if (!(code <= 0x10ffff) || (code >= 0xd800 && code <= 0xdfff))
      throw new YamlFault(`\\${c}${digits} is no character`, at);
    this.#pos += 2 + length;
    return String.fromCodePoint(code);
  }

  #fetchPlain(): void {
    this.#saveKey();
    this.#keyAllowed = false;
    const start = this.#pos;
    const indent = this.#indent + 1;
    let out = "";
    let pending = "";
    let broken = false;
    for (;;) {
      if (this.#column() === 0 && this.#isDocumentMark()) break;
      let c = this.#at(0);
      if (c === 35) break;
      const from = this.#pos;
      while (!isBlankOrEnd(c) && !this.#endsPlain(c)) {
        this.#pos++;
        c = this.#at(0);
      }
      if (this.#pos > from) {
        out += pending + this.#text.slice(from, this.#pos);
        pending = "";
        broken = false;
      }
      if (!isBlank(c) && !isBreak(c)) break;
      let blanks = "";
      let first = "";
      let rest = "";
      for (;;) {
        c = this.#at(0);
        if (isBlank(c)) {
          if (broken && this.#column() < indent && c === TAB)
            throw new YamlFault("found a tab where spaces must indent", this.#pos);
          if (!broken) blanks += this.#text.charAt(this.#pos);
          this.#pos++;
        } else if (isBreak(c)) {
          if (broken) rest += this.#readBreak();
          else {
            first = this.#readBreak();
            broken = true;
          }
        } else break;
      }
      pending = broken ? fold(first, rest) : blanks;
      if (this.#flow === 0 && this.#column() < indent) break;
    }
    if (broken) this.#keyAllowed = true;
    this.#push("scalar", start, out);
  }

  #endsPlain(c: number): boolean {
    if (c === 58) return isBlankOrEnd(this.#at(1));
    if (this.#flow === 0) return false;
    return isFlowIndicator(c) || (c === 63 && isBlankOrEnd(this.#at(1)));
  }
}

function isFlowIndicator(c: number): boolean {
  return c === 44 || c === 91 || c === 93 || c === 123 || c === 125;
}

function fold(first: string, rest: string): string {
  if (first === "\n" || first === "") return rest === "" ? (first === "" ? "" : " ") : rest;
  return first + rest;
}

function noKey(): SimpleKey {
  return { possible: false, required: false, token: -1, at: 0, line: 0, column: 0 };
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
