const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u;

/** True for one part of a host name (RFC 1123) in lower case: letters, digits and inner hyphens, at most 63. */
export function isLabel(text: string): boolean {
  return LABEL.test(text);
}

/** True for a whole host name in lower case, without a trailing dot, at most 253 characters. */
export function isHostName(text: string): boolean {
  return text.length <= 253 && text.split(".").every(isLabel);
}

/** True for `.test` and the like: a dot and a host name. */
export function isSuffix(text: string): boolean {
  return text.startsWith(".") && isHostName(text.slice(1));
}

/** True when the name is `domain` or under it. */
export function isWithin(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`);
}
