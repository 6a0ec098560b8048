/**
 * Substitutes `$NAME`, `${NAME}` and the forms with an operator. The operator that stands first in the text decides,
 * braces are counted, and `$$` is a `$`; a `$` before anything else stays as it is.
 */

/** A variable's value; `undefined` when it is not set. */
export type Lookup = (name: string) => string | undefined;

/** Not a template: `${`, `${}`, `${ a}`, `${a!}`. */
export class TemplateFault extends Error {}

/** A variable that `:?` or `?` requires has no value. */
export class RequiredFault extends Error {
  readonly variable: string;
  constructor(variable: string, reason: string) {
    super(
      reason === ""
        ? `the variable ${variable} must have a value`
        : `the variable ${variable} must have a value: ${reason}`,
    );
    this.variable = variable;
  }
}

export interface SubstituteOptions {
  readonly lookup: Lookup;
  /** Called with the name of a variable that is not set and has no default. */
  readonly onUnset?: (name: string) => void;
}

const PATTERN = /\$(?:(\$)|([_a-z][_a-z0-9]*)|\{(?:([_a-z][_a-z0-9]*(?::?[-+?][^\n]*)?)\}|()))/giu;
const OPERATORS = [":?", "?", ":-", "-", ":+", "+"] as const;
const MAX_NESTING = 200;
/** One text cannot grow past this, whatever its variables hold. */
const MAX_LENGTH = 64 * 1024 * 1024;

/** @throws TemplateFault, RequiredFault */
export function substitute(template: string, options: SubstituteOptions): string {
  return template.includes("$") ? replaceAll(template, options, 0) : template;
}

function replaceAll(template: string, options: SubstituteOptions, depth: number): string {
  if (depth > MAX_NESTING) throw new TemplateFault(`variables are nested more than ${MAX_NESTING} deep`);
  let length = 0;
  return template.replaceAll(PATTERN, (match: string) => {
    const value = replacement(match, options, depth);
    length += value.length;
    if (length > MAX_LENGTH) throw new TemplateFault("the text grows too large");
    return value;
  });
}

function replacement(match: string, options: SubstituteOptions, depth: number): string {
  if (match === "$$") return "$";
  // A match runs to the last brace of the line: only the balanced part is this variable.
  const close = closingBrace(match);
  const own = close === -1 ? match : match.slice(0, close + 1);
  const groups = new RegExp(PATTERN.source, "iu").exec(own);
  const named = groups?.[2];
  if (named !== undefined) return valueOf(named, options);
  const braced = groups?.[3];
  if (braced === undefined) throw new TemplateFault("not a variable reference");
  const rest = close === -1 ? "" : match.slice(close + 1);
  const applied = operate(braced, firstOperator(match), options, depth);
  return applied === undefined ? valueOf(braced, options) : applied + replaceAll(rest, options, depth + 1);
}

function valueOf(name: string, options: SubstituteOptions): string {
  const value = options.lookup(name);
  if (value === undefined) options.onUnset?.(name);
  return value ?? "";
}

function closingBrace(match: string): number {
  let open = 0;
  for (let index = 0; index < match.length; index++) {
    const c = match.charCodeAt(index);
    if (c === 125) {
      open--;
      if (open === 0) return index;
    }
    if (c === 123) {
      open++;
      index++;
    }
  }
  return -1;
}

function firstOperator(match: string): (typeof OPERATORS)[number] {
  let first: (typeof OPERATORS)[number] = ":?";
  let at = Infinity;
  for (const operator of OPERATORS) {
    const index = match.indexOf(operator);
    if (index !== -1 && index < at) {
      at = index;
      first = operator;
    }
  }
  return first;
}

/** The value of `NAME<operator>text`, or `undefined` when the operator is not in it. */
function operate(
  braced: string,
  operator: (typeof OPERATORS)[number],
  options: SubstituteOptions,
  depth: number,
): string | undefined {
  const at = braced.indexOf(operator);
  if (at === -1) return undefined;
  const name = braced.slice(0, at);
  const operand = replaceAll(braced.slice(at + operator.length), options, depth + 1);
  const value = options.lookup(name);
  const given = value !== undefined && (!operator.startsWith(":") || value !== "");
  switch (operator) {
    case ":?":
    case "?":
      if (!given) throw new RequiredFault(name, operand);
      return value;
    case ":-":
    case "-":
      return given ? value : operand;
    case ":+":
    case "+":
      return given ? operand : (value ?? "");
  }
}
