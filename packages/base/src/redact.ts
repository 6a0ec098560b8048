/** What stands in place of a hidden value. */
export const REDACTED = "***";

/** The text with every occurrence of each secret (of four characters or more) replaced by `***`. */
export function redact(text: string, secrets: readonly string[]): string {
  return [...secrets]
    .filter((secret) => secret.length >= 4)
    .sort((a, b) => b.length - a.length)
    .reduce((rest, secret) => rest.replaceAll(secret, REDACTED), text);
}
