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
export function parseBytes(written: string): number {
  const parts = /^([\d.]*\d[\d.]*|[-+]?[\d.]+) ?([a-zA-Z]*)$/u.exec(written);
  const unit = /^([kmgtp]?)(?:i?b)?$/u.exec((parts?.[2] ?? "?").toLowerCase());
  const number = Number(parts?.[1]);
  const multiplier = MULTIPLIERS.get(unit?.[1] ?? "?");
  const wrong = parts === null || unit === null || multiplier === undefined || !Number.isFinite(number) || number < 0;
  if (wrong) throw new ShortSyntaxFault(`${JSON.stringify(written)} is no size; write e.g. 512m or 2g`);
  return Math.trunc(number * multiplier);
}

const UNITS: readonly (readonly [string, bigint])[] = [
  ["w", 604_800_000_000_000n],
  ["d", 86_400_000_000_000n],
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

/** Nanoseconds of `1m30s`, `1.5h`, `2d`. @throws ShortSyntaxFault */
export function parseDuration(written: string): bigint {
  const fault = new ShortSyntaxFault(`${JSON.stringify(written)} is no duration; write e.g. 30s or 1m30s`);
  if (/^[-+]?0$/u.test(written)) return 0n;
  const body = written.replace(/^[-+]/u, "");
  let total = 0n;
  let rest = body;
  if (rest === "") throw fault;
  while (rest !== "") {
    const part = /^(\d*)(?:\.(\d*))?(ms|us|µs|μs|ns|w|d|h|m|s)/u.exec(rest);
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
