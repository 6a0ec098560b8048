import { CiloError } from "@cilo/base";
import { EngineCode } from "../errors.ts";

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/u;

/** True for a lower-case DNS label (RFC 1123 §2.1): 1 to 63 of `a-z 0-9 -`, no hyphen first or last. */
export function isDnsLabel(text: string): boolean {
  return LABEL.test(text);
}

/**
 * The name as an environment or project name, which are DNS labels.
 * @throws CiloError `NAME_INVALID`
 */
export function parseLabel(text: string, what: "environment" | "project"): string {
  if (isDnsLabel(text)) return text;
  throw new CiloError(EngineCode.nameInvalid, `${what} name ${JSON.stringify(text.slice(0, 80))} is not a DNS label`, {
    hint: "Use 1 to 63 of a-z, 0-9 and -, with a letter or digit first and last",
  });
}

/** A service name as a DNS label: lower case, `_` and `.` become `-` (DECISIONS, identity). `undefined` when that is no label. */
export function serviceLabel(name: string): string | undefined {
  const label = name.toLowerCase().replaceAll(/[_.]/gu, "-");
  return isDnsLabel(label) ? label : undefined;
}
