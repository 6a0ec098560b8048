import type { Service } from "../spec/spec.ts";
import type { ServiceContext } from "./service-context.ts";

/** What a container sees as text: it may mean a place or an address that the environment does not have. */
const TEXTS = ["command", "entrypoint", "environment", "labels", "healthcheck", "working_dir"] as const;

/**
 * Texts are the container's business and are never rewritten, since a path there may as well be one inside. Where one
 * contains the source's folder or an address that was given up, the user is told.
 */
export function tellMentions(service: Service, at: ServiceContext): Service {
  const { sourceRoot, workspaceRoot } = at.survey.input;
  const addresses = [...at.survey.fixedAddresses.keys()];
  for (const attribute of TEXTS)
    for (const text of strings(service[attribute])) {
      if (text.replaceAll(workspaceRoot, "").includes(sourceRoot))
        at.report.notice(
          "value-mentions-source",
          `${at.name}: ${attribute} names the source folder ${sourceRoot}`,
          at.name,
        );
      for (const address of addresses.filter((each) => mentions(text, each)))
        at.report.notice(
          "value-mentions-address",
          `${at.name}: ${attribute} names the address ${address}, which nothing has here`,
          at.name,
        );
    }
  return service;
}

function strings(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(strings) : [];
}

function mentions(text: string, address: string): boolean {
  const start = text.indexOf(address);
  if (start < 0) return false;
  return !/[\d.]/u.test(text[start - 1] ?? "") && !/\d/u.test(text[start + address.length] ?? "");
}
