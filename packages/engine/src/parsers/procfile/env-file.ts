const LINE = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)$/u;

/**
 * A `.env` as foreman reads it: values are literal, spaces and all; quotes around one are taken away, and in double ones
 * `\n` is a line end. Other lines are passed over.
 */
export function parseEnvFile(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split("\n").flatMap((line): [string, string][] => {
      const [, name, value] = LINE.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, unquoted(value.trim())]];
    }),
  );
}

function unquoted(value: string): string {
  const [, single] = /^'(.*)'$/u.exec(value) ?? [];
  if (single !== undefined) return single;
  const [, double] = /^"(.*)"$/u.exec(value) ?? [];
  return double === undefined ? value : double.replaceAll(String.raw`\n`, "\n").replaceAll(/\\(.)/gu, "$1");
}
