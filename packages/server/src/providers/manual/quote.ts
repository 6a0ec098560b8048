import { CiloError } from "@cilo/base";

/**
 * The only way that data gets into a script: as its positional arguments. A script and its arguments as the input of
 * `/bin/sh -s`; what is passed is one argument each, whatever is in it.
 * @throws CiloError `HOST_UNSUITABLE` for a NUL, which no argument can hold
 */
export function scriptInput(script: string, args: readonly string[]): string {
  return `set -- ${args.map(quote).join(" ")}\n${script}`;
}

/** Inside single quotes a POSIX shell leaves everything as it is but the single quote. */
function quote(value: string): string {
  if (value.includes("\0")) throw new CiloError("HOST_UNSUITABLE", "an argument for a machine's shell holds a NUL");
  return `'${value.replaceAll("'", String.raw`'\''`)}'`;
}
