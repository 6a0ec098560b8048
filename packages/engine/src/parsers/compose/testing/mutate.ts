/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const VALUES = [
  "",
  "null",
  "~",
  "true",
  "no",
  "0",
  "-1",
  "1.5",
  "1e400",
  ".inf",
  "08",
  "2001-01-01",
  "[]",
  "{}",
  "[x]",
  "{a: b}",
  '"x"',
  "'x'",
  "*a",
  "&a x",
  "!reset null",
  "!override []",
  "!!str 1",
  "${X}",
  "${X:-d}",
  "${X:?}",
  "${",
  "$$",
  "$",
  "80:80",
  "8000-8002:80",
  "./a:/b:ro",
  "v:/v",
  "service:a",
  "all",
  "5s",
  "1g",
  "|\n  x",
  ">-\n  x",
  "# c",
  "<<: *a",
  "\t",
  "\u0000",
  "\uFEFF",
  "é",
  "😀",
  "../../../etc/passwd",
  "/dev/null",
  "http://x/y.git",
];
const KEYS = [
  "image",
  "build",
  "command",
  "ports",
  "volumes",
  "environment",
  "env_file",
  "depends_on",
  "networks",
  "extends",
  "include",
  "profiles",
  "deploy",
  "healthcheck",
  "secrets",
  "configs",
  "x-a",
  "services",
  "name",
  "version",
  "labels",
  "ulimits",
  "logging",
  "gpus",
  "develop",
  "__proto__",
  "<<",
];

/** The text with one to three small things wrong or different: what people and generators do to Compose files. */
export function mutate(text: string, random: () => number): string {
  let lines = text.split("\n");
  for (let count = 1 + Math.floor(random() * 3); count > 0; count--) lines = change(lines, random);
  return lines.join("\n");
}

function pick<T>(items: readonly T[], random: () => number): T | undefined {
  return items[Math.floor(random() * items.length)];
}

function change(lines: readonly string[], random: () => number): string[] {
  const at = Math.floor(random() * lines.length);
  const line = lines[at] ?? "";
  const before = lines.slice(0, at);
  const after = lines.slice(at + 1);
  const indent = /^ */u.exec(line)?.[0] ?? "";
  switch (Math.floor(random() * 12)) {
    case 0:
      return [...before, ...after];
    case 1:
      return [...before, line, line, ...after];
    case 2:
      return [...before, `  ${line}`, ...after];
    case 3:
      return [...before, line.replace(/^ {1,2}/u, ""), ...after];
    case 4:
    case 5:
      return [...before, line.replace(/(?<=: |- )\S.*$/u, () => pick(VALUES, random) ?? ""), ...after];
    case 6:
      return [...before, line.replace(/[\w.-]+(?=:)/u, () => pick(KEYS, random) ?? ""), ...after];
    case 7:
      return [...before, line, `${indent}${pick(KEYS, random)}: ${pick(VALUES, random)}`, ...after];
    case 8:
      return [...before, line, `${indent}- ${pick(VALUES, random)}`, ...after];
    case 9:
      return [...before, splice(line, pick(VALUES, random) ?? "", random), ...after];
    case 10:
      return [
        ...before,
        splice(
          line,
          pick([":", "-", "'", '"', "{", "}", "[", "]", "#", "&a", "*a", "$", "\\", " "], random) ?? "",
          random,
        ),
        ...after,
      ];
    default:
      return [...before, line.slice(0, Math.floor(random() * (line.length + 1))), ...(random() < 0.2 ? [] : after)];
  }
}

function splice(line: string, inserted: string, random: () => number): string {
  const at = Math.floor(random() * (line.length + 1));
  return line.slice(0, at) + inserted + line.slice(at);
}
