/** Labels that Compose puts on everything it makes. */
export const ComposeLabel = {
  project: "com.docker.compose.project",
  service: "com.docker.compose.service",
  index: "com.docker.compose.container-number",
  oneOff: "com.docker.compose.oneoff",
} as const;

/** What every image that Cilo has built is tagged under: `cilo.localhost/<home>/…`. */
export const OWN_IMAGE_PREFIX = "cilo.localhost/";

/** Patterns that match every such tag: an engine's `*` stops at a slash. */
export const OWN_IMAGE_PATTERNS: readonly string[] = [3, 4].map(
  (segments) => OWN_IMAGE_PREFIX + Array.from({ length: segments }, () => "*").join("/"),
);

/** An engine's filter for objects that carry all of these labels (`name` or `name=value`). */
export function labelFilter(...labels: readonly string[]): { readonly filters: string } {
  return { filters: JSON.stringify({ label: labels }) };
}
