import type { Notice } from "../spec/spec.ts";
import type { SharedWithHost } from "./isolated-spec.ts";

/** What isolation tells the user. Stable; docs/reference says what each means. */
export type NoticeCode =
  | "address-released"
  | "build-option-removed"
  | "container-name-removed"
  | "external-isolated"
  | "external-kept"
  | "external-link-removed"
  | "external-secret"
  | "image-renamed"
  | "ingress-ambiguous"
  | "link-converted"
  | "name-mapped"
  | "namespace-isolated"
  | "network-driver-replaced"
  | "network-option-removed"
  | "network-mode-isolated"
  | "port-not-published"
  | "read-only-outside"
  | "shared-with-host"
  | "unknown-service"
  | "value-mentions-address"
  | "value-mentions-source"
  | "volumes-from-removed";

/** Collects, while a spec is rewritten, what the user should know and what stays shared. Each thing is told once. */
export interface Report {
  notice(code: NoticeCode, message: string, service?: string): void;
  share(entry: SharedWithHost): void;
  readonly notices: readonly Notice[];
  readonly sharedWithHost: readonly SharedWithHost[];
}

/** An empty report. */
export function createReport(): Report {
  const notices = new Map<string, Notice>();
  const shared = new Map<string, SharedWithHost>();
  return {
    notice: (code, message, service) =>
      keepFirst(notices, { code, message, ...(service === undefined ? {} : { service }) }),
    share: (entry) => keepFirst(shared, entry),
    get notices() {
      return [...notices.values()];
    },
    get sharedWithHost() {
      return [...shared.values()];
    },
  };
}

function keepFirst<T>(seen: Map<string, T>, item: T): void {
  const key = JSON.stringify(item);
  if (!seen.has(key)) seen.set(key, item);
}
