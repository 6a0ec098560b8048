import type { UpResult } from "@cilo/engine";
import type { Answer } from "./answer.ts";
import { environmentData } from "./environment-data.ts";
import { servicesTable } from "./environment-text.ts";
import type { Style } from "./style.ts";

/** What `up` and `create` answer. */
export function upAnswer(result: UpResult): Answer {
  const environment = environmentData(result.status);
  const data = {
    ...environment,
    created: result.created,
    changed: result.changed,
    notices: result.notices,
    ...(result.sync === undefined ? {} : { sync: result.sync }),
    timings: result.timings,
  };
  return {
    data,
    text: (style) =>
      [
        headline(result, style),
        servicesTable(environment, style),
        apexLine(environment.baseUrl, style),
        ...conflictLines(result),
      ]
        .filter((part) => part !== "")
        .join("\n"),
  };
}

function headline({ status, created, changed }: UpResult, style: Style): string {
  const what = created ? "created" : changed ? "updated" : "unchanged";
  return `${style.bold(status.environment)} of ${status.project} is ${status.state} (${what})`;
}

function apexLine(url: string | undefined, style: Style): string {
  return url === undefined ? "" : `${style.dim("open")} ${url}`;
}

function conflictLines({ sync, status }: UpResult): string[] {
  const conflicts = sync?.conflicts ?? [];
  if (conflicts.length === 0) return [];
  return [
    `edited in the source and in the workspace, left as they are: ${conflicts.map(({ path }) => path).join(", ")}`,
    `see them with: cilo diff ${status.environment}`,
  ];
}
