/**
 * `cilo run` and `cilo exec` hand everything after their own words to another program, verbatim: flags, `--` and all.
 * This puts a `--` before their words, so that the parser takes all of what follows as arguments, whatever it looks
 * like. Cilo's own flags stand before those words (docs/reference/commands.md).
 *
 * - `run [flags] <command> <env> [args…]`: `--` goes before `<command>`. A `--` the user wrote there stays theirs to omit.
 * - `exec [flags] <env> <service> [--] <command> [args…]`: `--` goes before `<env>`; one right after `<service>` is dropped.
 */
export function separateChildArguments(argv: readonly string[]): string[] {
  const [first, ...others] = argv;
  if (first === "cloud" && others[0] === "exec") return ["cloud", ...separateChildArguments(others)];
  const [name, ...rest] = argv;
  if (name === undefined || !(name in valueFlags)) return [...argv];
  const words = ownFlagsEnd(rest, valueFlags[name] ?? []);
  const own = rest.slice(0, words);
  const child = rest[words] === "--" ? rest.slice(words + 1) : rest.slice(words);
  if (child.length === 0) return [name, ...own];
  return [name, ...own, "--", ...(name === "exec" && child[2] === "--" ? child.toSpliced(2, 1) : child)];
}

/** The flags of these commands that take the next word as their value. */
const valueFlags: Readonly<Record<string, readonly string[]>> = {
  run: ["--from", "-f", "--file", "--profile", "--env-file", "--server"],
  exec: ["--user", "-u", "--workdir", "-w", "--env", "-e", "--index", "--server"],
};

function ownFlagsEnd(rest: readonly string[], takeValue: readonly string[]): number {
  let at = 0;
  while (at < rest.length) {
    const word = rest[at] ?? "";
    if (word === "--" || !word.startsWith("-") || word === "-") return at;
    at += takeValue.includes(word) ? 2 : 1;
  }
  return at;
}
