import { ShortSyntaxFault } from "./volume.ts";

const MULTIPLIERS = new Map([
  ["", 1],
  ["k", 2 ** 10],
  ["m", 2 ** 20],
  ["g", 2 ** 30],
  ["t", 2 ** 40],
  ["p", 2 ** 50],
]);

/** Bytes of `64m`, `1.5g`, `512`. @throws ShortSyntaxFault */
export function parseBytes(written: string): bigint {
  const parts = /^(\d+(?:\.\d+)?) ?([kmgtp]?)i?b?$/iu.exec(written);
  const multiplier = MULTIPLIERS.get((parts?.[2] ?? "?").toLowerCase());
  if (parts === null || multiplier === undefined)
    throw new ShortSyntaxFault(`${JSON.stringify(written)} is no size; write e.g. 512m or 2g`);
  const bytes = Math.trunc(Number(parts[1]) * multiplier);
  // What does not fit becomes the smallest number there, as in the reference.
  return bytes < 2 ** 63 ? BigInt(bytes) : -(2n ** 63n);
}

const UNITS: readonly (readonly [string, bigint])[] = [
  ["h", 3_600_000_000_000n],
  ["m", 60_000_000_000n],
  ["s", 1_000_000_000n],
  ["ms", 1_000_000n],
  ["us", 1000n],
  ["µs", 1000n],
  ["μs", 1000n],
  ["ns", 1n],
];
const UNIT = new Map(UNITS);

/** Nanoseconds of `1m30s`, `1.5h`. @throws ShortSyntaxFault */
export function parseDuration(written: string): bigint {
  const fault = new ShortSyntaxFault(`${JSON.stringify(written)} is no duration; write e.g. 30s or 1m30s`);
  if (/^[-+]?0$/u.test(written)) return 0n;
  const body = written.replace(/^[-+]/u, "");
  let total = 0n;
  let rest = body;
  if (rest === "") throw fault;
  while (rest !== "") {
    const part = /^(\d*)(?:\.(\d*))?(ms|us|µs|μs|ns|h|m|s)/u.exec(rest);
    const unit = UNIT.get(part?.[3] ?? "");
    if (part === null || unit === undefined || ((part[1] ?? "") === "" && (part[2] ?? "") === "")) throw fault;
    const fraction = (part[2] ?? "").slice(0, 18);
    total += BigInt(part[1] === "" ? "0" : (part[1] ?? "0")) * unit;
    if (fraction !== "") total += (BigInt(fraction) * unit) / 10n ** BigInt(fraction.length);
    if (total > 2n ** 63n - 1n) throw fault;
    rest = rest.slice(part[0].length);
  }
  return written.startsWith("-") ? -total : total;
}

/** A duration as Go prints it: `90s` is `1m30s`. */
export function durationText(nanoseconds: bigint): string {
  const negative = nanoseconds < 0n;
  const total = negative ? -nanoseconds : nanoseconds;
  const sign = negative ? "-" : "";
  if (total === 0n) return "0s";
  if (total < 1000n) return `${sign}${total}ns`;
  if (total < 1_000_000n) return `${sign}${decimal(total, 3)}µs`;
  if (total < 1_000_000_000n) return `${sign}${decimal(total, 6)}ms`;
  const minutes = total / 60_000_000_000n;
  const seconds = decimal(total % 60_000_000_000n, 9);
  if (minutes === 0n) return `${sign}${seconds}s`;
  const hours = minutes / 60n;
  return hours === 0n ? `${sign}${minutes}m${seconds}s` : `${sign}${hours}h${minutes % 60n}m${seconds}s`;
}

/** `value / 10^digits` without trailing zeros. */
function decimal(value: bigint, digits: number): string {
  const scale = 10n ** BigInt(digits);
  const fraction = String(value % scale)
    .padStart(digits, "0")
    .replace(/0+$/u, "");
  return fraction === "" ? String(value / scale) : `${value / scale}.${fraction}`;
}
