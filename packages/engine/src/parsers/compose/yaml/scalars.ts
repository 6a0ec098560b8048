import type { ScalarType } from "../tree.ts";

export interface Resolved {
  readonly type: ScalarType;
  readonly value: string | number | bigint | boolean | null;
}

const KNOWN: ReadonlyMap<string, Resolved> = new Map<string, Resolved>([
  ...["true", "True", "TRUE"].map((word) => [word, { type: "bool", value: true }] as const),
  ...["false", "False", "FALSE"].map((word) => [word, { type: "bool", value: false }] as const),
  ...["", "~", "null", "Null", "NULL"].map((word) => [word, { type: "null", value: null }] as const),
  ...[".nan", ".NaN", ".NAN"].map((word) => [word, { type: "float", value: Number.NaN }] as const),
  ...[".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"].map(
    (word) => [word, { type: "float", value: Infinity }] as const,
  ),
  ...["-.inf", "-.Inf", "-.INF"].map((word) => [word, { type: "float", value: -Infinity }] as const),
]);

const NUMBER_START = /^[-+.\d]/u;
const FLOAT = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/u;
const MAX_UINT = 2n ** 64n;
const MAX_INT = 2n ** 63n;

/** What an unquoted scalar without a tag is, in the reading of Compose's YAML library. */
function resolvePlain(text: string): Resolved {
  const first = text.charCodeAt(0);
  const letter = (first >= 65 && first <= 90) || (first >= 97 && first <= 122) || first === 126 || first !== first;
  if (letter) return KNOWN.get(text) ?? { type: "string", value: text };
  if (!NUMBER_START.test(text)) return { type: "string", value: text };
  return KNOWN.get(text) ?? number(text) ?? { type: "string", value: text };
}

function number(text: string): Resolved | undefined {
  if (text.startsWith(".")) {
    return /^\.[\d_]*(?:[eE][-+]?\d+)?$/u.test(text) && FLOAT.test(text)
      ? { type: "float", value: Number(text) }
      : undefined;
  }
  const time = timestamp(text);
  if (time !== undefined) return { type: "time", value: time };
  const plain = text.includes("_") ? text.replaceAll("_", "") : text;
  const whole = integer(plain);
  if (whole !== undefined) return { type: "int", value: whole };
  if (FLOAT.test(plain)) {
    const value = Number(plain);
    return Number.isFinite(value) ? { type: "float", value } : undefined;
  }
  return undefined;
}

/** A whole number in any of the spellings: decimal, 0x, 0b, 0o, and octal with a leading zero. */
function integer(plain: string): number | bigint | undefined {
  const parts = /^([-+]?)(?:0[xX]([\dA-Fa-f]+)|0[bB]([01]+)|0[oO]?([0-7]+)|([1-9]\d*|0))$/u.exec(plain);
  if (parts === null) return undefined;
  const [, sign, hex, binary, octal, decimal] = parts;
  const digits =
    hex !== undefined
      ? `0x${hex}`
      : binary !== undefined
        ? `0b${binary}`
        : octal !== undefined
          ? `0o${octal}`
          : (decimal ?? "0");
  const small = Number(digits);
  if (Number.isSafeInteger(small)) return sign === "-" ? (small === 0 ? 0 : -small) : small;
  const value = BigInt(digits);
  if (sign === "-") return value <= MAX_INT ? -value : undefined;
  return value < (sign === "+" ? MAX_INT : MAX_UINT) ? value : undefined;
}

const TIME =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:([Tt ])(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d+))?(Z|[-+]\d{2}:\d{2})?)?$/u;

/** A date, spelled as Compose prints it again; `undefined` when the text is none. */
function timestamp(text: string): string | undefined {
  const parts = TIME.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, separator, hour = "0", minute = "0", second = "0", fraction, zone] = parts;
  if (separator !== undefined && (separator === " ") !== (zone === undefined)) return undefined;
  const [y, mo, d, h, mi, s] = [year, month, day, hour, minute, second].map(Number);
  if (y === undefined || mo === undefined || d === undefined || h === undefined || mi === undefined || s === undefined)
    return undefined;
  if (mo < 1 || mo > 12 || d < 1 || d > new Date(Date.UTC(y, mo, 0)).getUTCDate() || h > 23 || mi > 59 || s > 59)
    return undefined;
  const two = (value: number): string => String(value).padStart(2, "0");
  const tail = (fraction ?? "").slice(0, 9).replace(/0+$/u, "");
  const offset = zone === undefined || zone === "Z" ? "+0000 UTC" : `${zone.replace(":", "")} ${zone.replace(":", "")}`;
  return `${year}-${two(mo)}-${two(d)} ${two(h)}:${two(mi)}:${two(s)}${tail === "" ? "" : `.${tail}`} ${offset}`;
}

/**
 * What a scalar is, tag and quotes counted. `undefined`: the text cannot be what its tag says.
 * A tag that is not one of YAML's own makes it a string.
 */
export function resolveScalar(text: string, quoted: boolean, tag: string): Resolved | undefined {
  if (tag === "") return quoted ? { type: "string", value: text } : resolvePlain(text);
  if (tag === "!!binary") return decodeBinary(text);
  if (!/^!!(?:bool|int|float|null|timestamp)$/u.test(tag)) return { type: "string", value: text };
  const found = resolvePlain(text);
  const wanted = tag === "!!timestamp" ? "time" : tag.slice(2);
  if (found.type === wanted) return found;
  if (wanted === "float" && found.type === "int") return { type: "float", value: Number(found.value) };
  return undefined;
}

function decodeBinary(text: string): Resolved | undefined {
  const packed = text.replaceAll(/\s/gu, "");
  if (!/^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/u.test(packed)) return undefined;
  return { type: "string", value: Buffer.from(packed, "base64").toString("utf8") };
}
