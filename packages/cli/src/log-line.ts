/** A line of a service's log; docs/reference/json.md. */
export interface LogLine {
  readonly service: string;
  readonly index?: number;
  readonly time?: string;
  readonly line: string;
}

/** `web-1  | 2026-11-24T00:09:19.1Z text`, as Compose writes it into a pipe. */
export function logLine(text: string): LogLine {
  const [, container = "", rest = text] = /^(\S+)\s+\| (.*)$/su.exec(text) ?? [];
  const [, service = container, index] = /^(.+)-(\d+)$/u.exec(container) ?? [];
  const [, time, line = rest] = /^(\d{4}-\d\d-\d\dT[\d:.]+Z) ?(.*)$/su.exec(rest) ?? [];
  return {
    service,
    ...(index === undefined ? {} : { index: Number(index) }),
    ...(time === undefined ? {} : { time }),
    line,
  };
}
