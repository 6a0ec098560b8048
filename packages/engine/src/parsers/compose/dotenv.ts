import { type Lookup, type SubstituteOptions, substitute } from "./template.ts";

/** A fault in an env file, with the line it is in. */
export class DotenvFault extends Error {
  readonly line: number;
  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

export interface DotenvOptions extends SubstituteOptions {
  /** Variables as they are read; what is there already counts as earlier lines of the file. Own values come last. */
  readonly into: Map<string, string>;
}

/**
 * Reads an env file: `KEY=value`, `KEY: value`, `export KEY=value`, a bare `KEY` that takes its value from outside,
 * quotes of both kinds over several lines, comments. In a value, `lookup` goes before earlier lines.
 *
 * @throws DotenvFault, TemplateFault, RequiredFault
 */
export function parseDotenv(content: string, options: DotenvOptions): void {
  const reader = new Reader(content.charCodeAt(0) === 0xfeff ? content.slice(1) : content);
  const outside = options.lookup;
  const lookup: Lookup = (name) => outside(name) ?? options.into.get(name);
  const inner: SubstituteOptions = { ...options, lookup };
  for (;;) {
    if (!reader.nextStatement()) return;
    const { key, inherited } = reader.key();
    if (key.includes(" ")) throw new DotenvFault(`the name ${JSON.stringify(key)} has a space in it`, reader.line);
    if (inherited) {
      const value = outside(key);
      if (value !== undefined) options.into.set(key, value);
      continue;
    }
    options.into.set(key, reader.value(inner));
  }
}

const NAME = /[\p{L}\p{N}_.\-[\]]/u;
const SPACE = /[\t\v\f\r \u0085\u00A0]/u;
const ANY_SPACE = /[\s\u0085]/u;

class Reader {
  readonly #text: string;
  #pos = 0;

  constructor(content: string) {
    this.#text = content;
  }

  get line(): number {
    let line = 1;
    for (let at = this.#text.indexOf("\n"); at !== -1 && at < this.#pos; at = this.#text.indexOf("\n", at + 1)) line++;
    return line;
  }

  /** Goes to the next thing that is no blank and no comment; false at the end. */
  nextStatement(): boolean {
    for (;;) {
      while (this.#pos < this.#text.length && ANY_SPACE.test(this.#text.charAt(this.#pos))) this.#pos++;
      if (this.#pos >= this.#text.length) return false;
      if (this.#text.charAt(this.#pos) !== "#") return true;
      const end = this.#text.indexOf("\n", this.#pos);
      if (end === -1) return false;
      this.#pos = end;
    }
  }

  key(): { key: string; inherited: boolean } {
    const exported = /^export[\t\n\f\r ]+/u.exec(this.#text.slice(this.#pos, this.#pos + 64));
    if (exported !== null) this.#pos += exported[0].length;
    this.#skipSpace();
    const start = this.#pos;
    let at = start;
    for (; at < this.#text.length; at++) {
      const c = this.#text.charAt(at);
      if (c === "=" || c === ":" || c === "\n") break;
      if (SPACE.test(c)) continue;
      const code = this.#text.codePointAt(at) ?? 0;
      const whole = String.fromCodePoint(code);
      if (!NAME.test(whole)) {
        this.#pos = at;
        throw new DotenvFault(`${JSON.stringify(whole)} cannot stand in a variable's name`, this.line);
      }
      at += whole.length - 1;
    }
    if (start >= this.#text.length) throw new DotenvFault("expected a variable's name after export", this.line);
    // A last line that is a bare name: the reference takes it for the value of a variable without a name.
    if (at >= this.#text.length) return { key: "", inherited: false };
    const inherited = this.#text.charAt(at) === "\n";
    const key = this.#text.slice(start, at).replace(/[\s\u0085]+$/u, "");
    this.#pos = at + 1;
    this.#skipSpace();
    return { key, inherited };
  }

  value(options: SubstituteOptions): string {
    const quote = this.#text.charAt(this.#pos);
    if (quote !== "'" && quote !== '"') return this.#unquoted(options);
    const raw = this.#quoted(quote);
    return quote === "'" ? raw : substitute(expandEscapes(raw), options);
  }

  #unquoted(options: SubstituteOptions): string {
    const end = this.#text.indexOf("\n", this.#pos);
    const line = this.#text.slice(this.#pos, end === -1 ? undefined : end);
    const comment = line.indexOf(" #");
    const value = (comment === -1 ? line : line.slice(0, comment)).replace(/[\s\u0085]+$/u, "");
    const result = substitute(value, options);
    this.#pos = end === -1 ? this.#text.length : end + 1;
    return result;
  }

  #quoted(quote: string): string {
    const start = this.#pos;
    let out = "";
    let escaped = false;
    for (let at = start + 1; at < this.#text.length; at++) {
      const c = this.#text.charAt(at);
      if (escaped) {
        out += c === quote ? c : `\\${c}`;
        escaped = false;
      } else if (c === "\\") escaped = true;
      else if (c === quote) {
        this.#pos = at + 1;
        return out;
      } else out += c;
    }
    throw new DotenvFault("this quoted value is never closed", this.line);
  }

  #skipSpace(): void {
    while (this.#pos < this.#text.length && SPACE.test(this.#text.charAt(this.#pos))) this.#pos++;
  }
}

const ESCAPE = /\\(?:[abcfnrtv$"\\]|0\d{0,3})/gu;
const SIMPLE: ReadonlyMap<string, string> = new Map([
  ["\\a", "\u0007"],
  ["\\b", "\b"],
  ["\\f", "\f"],
  ["\\n", "\n"],
  ["\\r", "\r"],
  ["\\t", "\t"],
  ["\\v", "\v"],
  ['\\"', '"'],
  ["\\\\", "\\"],
  ["\\$", "$$"],
]);

/** The escapes of a double-quoted value; `\0nnn` is octal, `\$` becomes `$$`, any other backslash stays. */
function expandEscapes(raw: string): string {
  return raw.replaceAll(ESCAPE, (match) => {
    const simple = SIMPLE.get(match);
    if (simple !== undefined) return simple;
    const octal = /^\\0([0-7]{3})/u.exec(match);
    if (octal === null) return match.startsWith("\\0") ? match.replace("\\0", "\\") : match;
    const code = Number.parseInt(octal[1] ?? "0", 8);
    return code > 255 ? `\\${octal[1]}` : String.fromCharCode(code);
  });
}
