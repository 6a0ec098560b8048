import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { CiloError, isCiloError, run } from "@cilo/base";
import { NetworkCode } from "../errors.ts";

/** As distributions build what runs with root's rights. */
const FLAGS = ["-std=c17", "-O2", "-Wall", "-Wextra", "-fPIE", "-fstack-protector-strong", "-fstack-clash-protection"];
const DEFENCES = ["-D_FORTIFY_SOURCE=2", "-pie", "-Wl,-z,relro,-z,now,-z,noexecstack"];

export interface CompileOptions {
  /** Folder with the helper's sources. */
  readonly source: string;
  readonly output: string;
  readonly compiler?: string;
  readonly flags?: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/**
 * Compiles the helper from its sources.
 * @throws CiloError `COMPILER_MISSING` with the command that installs one
 */
export async function compileHelper(options: CompileOptions): Promise<void> {
  const { source, output, compiler = "cc", flags = [], env, signal } = options;
  const files = (await readdir(source)).filter((name) => name.endsWith(".c")).sort();
  const args = [...FLAGS, ...DEFENCES, ...flags, "-o", output, ...files.map((name) => join(source, name))];
  try {
    await run(compiler, args, { env: { PATH: env["PATH"], LC_ALL: "C" }, signal });
  } catch (error) {
    if (!isCiloError(error, "COMMAND_NOT_FOUND")) throw error;
    throw new CiloError(NetworkCode.compilerMissing, "the helper is compiled here, and there is no C compiler", {
      cause: error,
      hint: "Install gcc and the C library's headers (Debian: apt-get install gcc libc6-dev), then: sudo cilo init",
    });
  }
}
