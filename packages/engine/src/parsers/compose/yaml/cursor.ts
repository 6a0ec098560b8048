export const TAB = 9;
const LF = 10;
const CR = 13;
export const SPACE = 32;
const NEL = 0x85;
const LS = 0x2028;
const PS = 0x2029;

export function isBreak(c: number): boolean {
  return c === LF || c === CR || c === NEL || c === LS || c === PS;
}

export function isBlank(c: number): boolean {
  return c === SPACE || c === TAB;
}

/** True for a blank, a line break, or the end of the text (`NaN`). */
export function isBlankOrEnd(c: number): boolean {
  return c === SPACE || c === TAB || c === LF || c === CR || c !== c || c === NEL || c === LS || c === PS;
}

/** A place in a text that knows its line. Characters are UTF-16 units; `NaN` is the end. */
export class Cursor {
  readonly text: string;
  pos = 0;
  line = 0;
  #lineStart = 0;

  constructor(text: string) {
    this.text = text;
    if (text.charCodeAt(0) === 0xfeff) {
      this.pos = 1;
      this.#lineStart = 1;
    }
  }

  /** The character so many after this one. */
  at(offset: number): number {
    return this.text.charCodeAt(this.pos + offset);
  }

  get column(): number {
    return this.pos - this.#lineStart;
  }

  /** Steps over one line break and answers what it stands for. */
  readBreak(): string {
    const c = this.at(0);
    this.pos += c === CR && this.at(1) === LF ? 2 : 1;
    this.line++;
    this.#lineStart = this.pos;
    return c === LS ? "\u2028" : c === PS ? "\u2029" : "\n";
  }

  /** Stands at `---` or `...`; they count at the beginning of a line alone. */
  isDocumentMark(): boolean {
    const c = this.at(0);
    return (c === 45 || c === 46) && this.at(1) === c && this.at(2) === c && isBlankOrEnd(this.at(3));
  }
}
