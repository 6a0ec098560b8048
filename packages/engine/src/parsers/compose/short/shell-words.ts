import { ShortSyntaxFault } from "./volume.ts";

/**
 * Splits a command line into words as a shell would, quotes and backslashes followed, nothing expanded.
 * An operator (`;`, `&`, `|`, `<`, `>`) outside quotes ends it. @throws ShortSyntaxFault
 */
export function shellWords(line: string): string[] {
  const words: string[] = [];
  let word = "";
  let inWord = false;
  let single = false;
  let double = false;
  let escaped = false;
  let back = false;
  let dollar = false;
  let nested = "";
  for (let index = 0; index < line.length; index++) {
    const c = line.charAt(index);
    if (escaped) {
      word += c;
      escaped = false;
      inWord = true;
      continue;
    }
    if (c === "\\") {
      if (single) word += c;
      else escaped = true;
      continue;
    }
    if (/[ \t\r\n]/u.test(c)) {
      if (single || double || back || dollar) {
        word += c;
        nested += c;
      } else if (inWord) {
        words.push(word);
        word = "";
        inWord = false;
      }
      continue;
    }
    if (c === "`" && !single && !double && !dollar) {
      back = !back;
      nested = "";
    } else if (c === ")" && !single && !double && !back) dollar = !dollar;
    else if (c === "(" && !single && !double && !back) {
      if (!dollar && word.endsWith("$")) {
        dollar = true;
        word += c;
        continue;
      }
      throw new ShortSyntaxFault("( stands outside quotes in this command");
    } else if (c === '"' && !single && !dollar) {
      double = !double;
      inWord = true;
      continue;
    } else if (c === "'" && !double && !dollar) {
      single = !single;
      inWord = true;
      continue;
    } else if (/[;&|<>]/u.test(c) && !(single || double || back || dollar)) {
      if (c === ">" && /^\d/u.test(word)) inWord = false;
      break;
    }
    inWord = true;
    word += c;
    if (back || dollar) nested += c;
  }
  if (inWord) words.push(word);
  if (escaped || single || double || back || dollar)
    throw new ShortSyntaxFault("a quote or parenthesis of this command is never closed");
  return words;
}
