/**
 * A value of JSON's kind as YAML that people can read: block style, no anchors, keys in the order given. Every string
 * that some YAML reader could take for something else stands in double quotes with JSON's escapes, which YAML shares.
 */
export function yamlText(value: Readonly<Record<string, unknown>>): string {
  const text = mapping(value, "");
  return text === "" ? "{}\n" : text;
}

function mapping(value: object, indent: string): string {
  return presentEntries(value)
    .map(([key, member]) => `${indent}${keyText(key, indent)}:${node(member, `${indent}  `)}`)
    .join("");
}

function sequence(items: readonly unknown[], indent: string): string {
  return items.map((item) => `${indent}-${entryNode(item, indent)}`).join("");
}

/** A mapping in a list begins on the line of its dash. */
function entryNode(item: unknown, indent: string): string {
  const inner = `${indent}  `;
  if (!isMapping(item) || presentEntries(item).length === 0) return node(item, inner);
  return ` ${mapping(item, inner).slice(inner.length)}`;
}

function node(value: unknown, indent: string): string {
  if (Array.isArray(value)) return value.length === 0 ? " []\n" : `\n${sequence(value, indent)}`;
  if (isMapping(value)) return presentEntries(value).length === 0 ? " {}\n" : `\n${mapping(value, indent)}`;
  return ` ${scalar(value)}\n`;
}

function scalar(value: unknown): string {
  if (typeof value === "string") return stringText(value);
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  throw new TypeError(`no YAML for a ${typeof value}`);
}

/** YAML readers give up on a one-line key of more than 1,024 characters. */
const LONGEST_SIMPLE_KEY = 500;

function keyText(key: string, indent: string): string {
  const text = stringText(key);
  return text.length <= LONGEST_SIMPLE_KEY ? text : `? ${text}\n${indent}`;
}

/** Words and paths that no YAML version reads as anything but a string, once the reserved words are out. */
const PLAIN = /^[A-Za-z/_][\w./@+=,%-]*(?:[ :][\w/@+=%][\w./@+=,%-]*)*$/u;
const RESERVED = /^(?:y|n|yes|no|on|off|true|false|null|nan|inf)$/iu;
/** What JSON leaves bare and YAML forbids or treats as a line end. */
const UNPRINTABLE = /[\u007F-\u00A0\u2028\u2029\uFEFF\uFFFE\uFFFF]/gu;

function stringText(text: string): string {
  if (PLAIN.test(text) && !RESERVED.test(text)) return text;
  return JSON.stringify(text.toWellFormed()).replaceAll(UNPRINTABLE, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function presentEntries(value: object): [string, unknown][] {
  return Object.entries(value).filter(([, member]) => member !== undefined);
}

function isMapping(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
