import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "@cilo/base";
import { expect, onTestFinished, test } from "vitest";
import { compileHelper } from "./compile.ts";
import { PATH, source } from "./testing-helper.ts";

const signal = AbortSignal.timeout(170_000);
const env = { PATH };
const long = process.env["CILO_TEST_LONG"] === "1";
const sanitized = ["-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "cilo-helper-"));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

test.each([
  ["gcc", ["-Werror", "-Wpedantic", "-Wshadow", "-fanalyzer"]],
  ["clang", ["-Werror", "-Wpedantic", "-Wshadow"]],
])("compiles without a word of %s, its analyzer included", async (compiler, flags) => {
  await compileHelper({ source, output: join(await folder(), "helper"), compiler, flags, env, signal });
});

test("is hardened as distributions do it", async () => {
  const program = join(await folder(), "helper");
  await compileHelper({ source, output: program, env, signal });
  const { stdout } = await run("readelf", ["--wide", "--file-header", "--segments", "--dynamic", "--syms", program], {
    signal,
    env,
  });
  for (const sign of ["DYN (Position-Independent", "GNU_RELRO", "BIND_NOW", "__stack_chk_fail"])
    expect(stdout).toContain(sign);
  expect(stdout).toMatch(/GNU_STACK .* RW /u);
  expect(stdout).toMatch(/_chk@/u);
  expect(stdout.match(/Shared library: \[([^\]]+)\]/gu)).toEqual(["Shared library: [libc.so.6]"]);
});

/** Rule 10. */
test("no accepted request leaves the pools", async () => {
  const program = join(await folder(), "property");
  const files = [join(source, "test/property.c"), join(source, "validate.c")];
  await run("cc", ["-std=c17", ...sanitized, "-o", program, ...files], { signal, env });
  const rounds = long ? "100000000" : "500000";
  const { stdout } = await run(program, [rounds, "7"], { signal, env });
  expect(stdout).toContain("none outside the pools");
});

const fuzzed = ["fuzz/request.c", "validate.c", "netlink.c"].map((name) => join(source, name));

test("libFuzzer finds no input that breaks a rule", async () => {
  const made = await folder();
  const program = join(made, "fuzz");
  await run("clang", [...sanitized, "-fsanitize=fuzzer", "-o", program, ...fuzzed], { signal, env });
  const runs = long ? "10000000" : "200000";
  const args = [`-runs=${runs}`, "-max_len=1024", `-artifact_prefix=${made}/`, made, join(source, "fuzz/corpus")];
  const { stderr } = await run(program, args, { signal, env });
  expect(stderr).toContain("Done");
});

test("AFL++ finds no input that breaks a rule", async () => {
  const made = await folder();
  const program = join(made, "fuzz");
  const quiet = { ...env, AFL_QUIET: "1", AFL_NO_UI: "1", AFL_SKIP_CPUFREQ: "1", AFL_NO_AFFINITY: "1" };
  const anyCore = { ...quiet, AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES: "1" };
  await run("afl-clang-fast", ["-g", "-O1", "-fsanitize=fuzzer", "-o", program, ...fuzzed], { signal, env: anyCore });
  const most = long ? "10000000" : "100000";
  const args = ["-i", join(source, "fuzz/corpus"), "-o", join(made, "out"), "-E", most, "-V", "120", "--", program];
  await run("afl-fuzz", args, { signal, env: anyCore });
  expect(await readdir(join(made, "out/default/crashes"))).toEqual([]);
  expect(await readdir(join(made, "out/default/hangs"))).toEqual([]);
});
