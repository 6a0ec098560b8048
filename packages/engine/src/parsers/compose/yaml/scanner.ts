import { readBlockScalar } from "./block-scalar.ts";
import { Cursor, SPACE, TAB, isBlank, isBlankOrEnd, isBreak } from "./cursor.ts";
import { MAX_DEPTH, YamlFault } from "./fault.ts";
import { readPlain, readQuoted } from "./flow-scalar.ts";

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

const TAG_CHARACTER = /[\w\-;/?:@&=+$,.!~*'()[\]%<>]/u;
const TAG = /^!(?:<(?:[^<>%]|%[\dA-Fa-f]{2})+>|(?:[^<>%]|%[\dA-Fa-f]{2})*)$/u;

interface SimpleKey {
  possible: boolean;
  required: boolean;
  token: number;
  at: number;
  line: number;
  column: number;
}

/** A key may be so long; the reference has it so. */
const KEY_LENGTH = 1024;

function isWord(c: number): boolean {
  return (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 95 || c === 45;
}

/**
 * Splits YAML text into tokens, by the rules of the libyaml family that Compose's own reader belongs to (ADR 0010):
 * where those differ from the letter of YAML 1.2, a Compose file means what that family reads.
 * Indentation becomes explicit tokens, so that the reader above needs no columns.
 */
export class Scanner {
  readonly #cursor: Cursor;
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
    this.#cursor = new Cursor(content);
  }

  /** The next token, which stays. */
  peek(): Token {
    while (this.#needsMore()) this.#fetch();
    return this.#tokens[this.#head] ?? { type: "end", at: this.#cursor.text.length, text: "", quoted: false };
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
    if (key.line === this.#cursor.line && key.at + KEY_LENGTH >= this.#cursor.pos) return;
    if (key.required) throw new YamlFault("expected ':' after this key", key.at);
    key.possible = false;
  }

  #fetch(): void {
    this.#skipToToken();
    for (const key of this.#keys) if (key.possible) this.#expire(key);
    const column = this.#cursor.column;
    this.#unroll(column);
    const c = this.#cursor.at(0);
    if (c !== c) return this.#fetchEnd();
    if (column === 0 && c === 37) return this.#fetchDirective();
    if (column === 0 && (c === 45 || c === 46) && this.#cursor.isDocumentMark()) return this.#fetchDocumentMark(c);
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
        if (isBlankOrEnd(this.#cursor.at(1))) return this.#fetchEntry();
        break;
      case 63:
        if (this.#flow > 0 || isBlankOrEnd(this.#cursor.at(1))) return this.#fetchKey();
        break;
      case 58:
        if (this.#flow > 0 || isBlankOrEnd(this.#cursor.at(1))) return this.#fetchValue();
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
        return this.#fetchQuoted();
      case 34:
        return this.#fetchQuoted();
      default:
    }
    if (this.#startsPlain(c)) return this.#fetchPlain();
    throw new YamlFault("found a character that cannot start a value here", this.#cursor.pos);
  }

  #startsPlain(c: number): boolean {
    const next = this.#cursor.at(1);
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

  #skipToToken(): void {
    for (;;) {
      let c = this.#cursor.at(0);
      while (c === SPACE || (c === TAB && (this.#flow > 0 || !this.#keyAllowed))) {
        this.#cursor.pos++;
        c = this.#cursor.at(0);
      }
      if (c === 35) {
        while (c === c && !isBreak(c)) {
          this.#cursor.pos++;
          c = this.#cursor.at(0);
        }
      }
      if (!isBreak(c)) return;
      this.#cursor.readBreak();
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
      required: this.#flow === 0 && this.#indent === this.#cursor.column,
      token: this.#taken + this.#tokens.length - this.#head,
      at: this.#cursor.pos,
      line: this.#cursor.line,
      column: this.#cursor.column,
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
      this.#push("block-end", this.#cursor.pos);
      this.#indent = this.#indents.pop() ?? -1;
    }
  }

  #fetchEnd(): void {
    this.#unroll(-1);
    this.#removeKey();
    this.#keyAllowed = false;
    this.#push("end", this.#cursor.pos);
    this.#ended = true;
  }

  #fetchDirective(): void {
    this.#unroll(-1);
    this.#removeKey();
    this.#keyAllowed = false;
    const start = this.#cursor.pos;
    while (!isBreak(this.#cursor.at(0)) && this.#cursor.pos < this.#cursor.text.length) this.#cursor.pos++;
    this.#push(
      "directive",
      start,
      this.#cursor.text
        .slice(start, this.#cursor.pos)
        .replace(/\s#.*$/u, "")
        .trimEnd(),
    );
  }

  #fetchDocumentMark(c: number): void {
    this.#unroll(-1);
    this.#removeKey();
    this.#keyAllowed = false;
    this.#push(c === 45 ? "document-start" : "document-end", this.#cursor.pos);
    this.#cursor.pos += 3;
  }

  #openFlow(type: "[" | "{"): void {
    this.#saveKey();
    this.#keys.push(noKey());
    this.#flow++;
    if (this.#flow > MAX_DEPTH) throw new YamlFault(`nested more than ${MAX_DEPTH} deep`, this.#cursor.pos);
    this.#keyAllowed = true;
    this.#push(type, this.#cursor.pos++);
  }

  #closeFlow(type: "]" | "}"): void {
    this.#removeKey();
    if (this.#flow > 0) {
      this.#flow--;
      this.#keys.pop();
    }
    this.#keyAllowed = false;
    this.#push(type, this.#cursor.pos++);
  }

  #fetchComma(): void {
    this.#removeKey();
    this.#keyAllowed = true;
    this.#push(",", this.#cursor.pos++);
  }

  #fetchEntry(): void {
    if (this.#flow === 0) {
      if (!this.#keyAllowed) throw new YamlFault("a list item ('- ') is not allowed here", this.#cursor.pos);
      this.#roll(this.#cursor.column, -1, "block-list", this.#cursor.pos);
    }
    this.#removeKey();
    this.#keyAllowed = true;
    this.#push("entry", this.#cursor.pos++);
  }

  #fetchKey(): void {
    if (this.#flow === 0) {
      if (!this.#keyAllowed) throw new YamlFault("a key is not allowed here", this.#cursor.pos);
      this.#roll(this.#cursor.column, -1, "block-map", this.#cursor.pos);
    }
    this.#removeKey();
    this.#keyAllowed = this.#flow === 0;
    this.#push("key", this.#cursor.pos++);
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
          throw new YamlFault(
            "a second ': ' on one line, or a wrong indent: a mapping is not allowed here",
            this.#cursor.pos,
          );
        this.#roll(this.#cursor.column, -1, "block-map", this.#cursor.pos);
      }
      this.#keyAllowed = this.#flow === 0;
    }
    this.#push("value", this.#cursor.pos++);
  }

  #fetchName(type: "alias" | "anchor"): void {
    this.#saveKey();
    this.#keyAllowed = false;
    const start = this.#cursor.pos++;
    while (isWord(this.#cursor.at(0))) this.#cursor.pos++;
    const name = this.#cursor.text.slice(start + 1, this.#cursor.pos);
    const c = this.#cursor.at(0);
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
    const start = this.#cursor.pos;
    while (!isBlankOrEnd(this.#cursor.at(0)) && TAG_CHARACTER.test(this.#cursor.text.charAt(this.#cursor.pos)))
      this.#cursor.pos++;
    const tag = this.#cursor.text.slice(start, this.#cursor.pos);
    if (!isBlankOrEnd(this.#cursor.at(0))) throw new YamlFault("expected a space after the tag", this.#cursor.pos);
    if (!TAG.test(tag)) throw new YamlFault(`${tag} is not a YAML tag`, start);
    this.#push("tag", start, tag);
  }

  #fetchBlockScalar(folded: boolean): void {
    this.#removeKey();
    this.#keyAllowed = true;
    const start = this.#cursor.pos;
    this.#push("scalar", start, readBlockScalar(this.#cursor, { folded, indent: this.#indent }), true);
  }

  #fetchQuoted(): void {
    this.#saveKey();
    this.#keyAllowed = false;
    const start = this.#cursor.pos;
    this.#push("scalar", start, readQuoted(this.#cursor), true);
  }

  #fetchPlain(): void {
    this.#saveKey();
    this.#keyAllowed = false;
    const start = this.#cursor.pos;
    const { text, endsLine } = readPlain(this.#cursor, { inFlow: this.#flow > 0, indent: this.#indent + 1 });
    if (endsLine) this.#keyAllowed = true;
    this.#push("scalar", start, text);
  }
}

function noKey(): SimpleKey {
  return { possible: false, required: false, token: -1, at: 0, line: 0, column: 0 };
}
