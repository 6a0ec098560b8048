import type { EnvironmentData, ServiceData } from "./environment-data.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";

/** The services of an environment as a table: name, state, URL and what else there is to know of it. */
export function servicesTable(data: Pick<EnvironmentData, "services">, style: Style): string {
  return table([
    [...["SERVICE", "STATE", "URL"].map(style.dim), ""],
    ...data.services.flatMap((service) => serviceRows(service, style)),
  ]);
}

function serviceRows(service: ServiceData, style: Style): string[][] {
  const [first, ...others] = service.urls;
  const notes = [
    ...(first?.published === undefined ? [] : [publishedNote(first.published)]),
    ...(service.shared ? ["shared"] : []),
    ...(service.containers.length > 1 ? [`${service.containers.length} containers`] : []),
  ];
  return [
    [style.bold(service.service), stateText(service.state, style), first?.url ?? service.hostname, notes.join(", ")],
    ...others.map((other) => ["", "", other.url, other.published === undefined ? "" : publishedNote(other.published)]),
    ...service.hostnames.map((name) => ["", "", name, "also"]),
  ];
}

/** Where the published port differs from the container's, which the name answers on. */
function publishedNote(published: string): string {
  return `the project publishes it on ${published}`;
}

/** A state in its colour. */
export function stateText(state: string, style: Style): string {
  if (["healthy", "running", "completed"].includes(state)) return style.green(state);
  if (["unhealthy", "exited", "unknown"].includes(state)) return style.red(state);
  return style.yellow(state);
}
