/** One line of JSON for each event. Fields hold no body, no key and no value of a variable. */
export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export type LogFields = Readonly<Record<string, string | number | boolean | undefined | Error>>;

export function createLog(write: (line: string) => void, now: () => number): Log {
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}): void =>
      write(`${JSON.stringify({ time: new Date(now()).toISOString(), level, message, ...mapErrors(fields) })}\n`);
  return { info: at("info"), warn: at("warn"), error: at("error") };
}

function mapErrors(fields: LogFields): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, value instanceof Error ? describe(value) : value]),
  );
}

/** What failed; of a bug also where. */
function describe(error: Error): object {
  const code = "code" in error ? String(error.code) : undefined;
  return code === undefined ? { message: error.message, stack: error.stack } : { code, message: error.message };
}
