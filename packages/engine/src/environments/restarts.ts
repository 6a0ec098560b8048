import { relative } from "node:path";
import ignore from "ignore";
import * as z from "zod/mini";
import type { EnvironmentSpec } from "../spec/spec.ts";
import type { UnappliedPaths } from "./applied.ts";
import { isInside } from "./source.ts";

/** `develop.watch` of the Compose Specification, as far as it says what a changed file asks for. */
const Watch = z.array(
  z.looseObject({ path: z.string(), action: z.string(), ignore: z.exactOptional(z.array(z.string())) }),
);

/** What a service's definition asks for when a file that it watches changes. */
export type WatchAction = "restart" | "rebuild";

/**
 * Services whose definition asks to be restarted (`restart`, `sync+restart`) or rebuilt for one of the changed files.
 * A service that only mounts a file is left alone: most programs see it, and the others' authors can say so.
 * `changed` are absolute paths of the source.
 */
export function servicesAsking(
  spec: EnvironmentSpec,
  changed: readonly string[] | Extract<UnappliedPaths, string>,
  action: WatchAction,
): string[] {
  return Object.entries(spec.services)
    .filter(([, service]) => {
      const watch = Watch.safeParse(service.develop?.["watch"]);
      return watch.success && watch.data.some((rule) => isAction(rule.action, action) && concerns(rule, changed));
    })
    .map(([name]) => name);
}

function isAction(named: string, action: WatchAction): boolean {
  return action === "rebuild" ? named === "rebuild" : named === "restart" || named === "sync+restart";
}

function concerns(
  rule: { readonly path: string; readonly ignore?: string[] },
  changed: readonly string[] | Extract<UnappliedPaths, string>,
): boolean {
  if (changed === "unknown") return true;
  const ignored = ignore().add(rule.ignore ?? []);
  return changed.some((path) => {
    if (!isInside(rule.path, path)) return false;
    const place = relative(rule.path, path);
    return place === "" || !ignored.ignores(place);
  });
}
