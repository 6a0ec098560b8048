import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { separateChildArguments } from "./child-arguments.ts";

const anyWord = fc.oneof(
  fc.string(),
  fc.constantFrom("--", "-f", "--from", "--json", "--cloud", "-", "", "--help", "run", "exec", "-x=1"),
);
const plainWord = fc.string({ minLength: 1 }).filter((word) => !word.startsWith("-"));
const runFlags = fc.array(
  fc.oneof(
    fc.constantFrom(["--no-up"], ["--destroy-after"], ["--quiet"]),
    anyWord.map((value) => ["--from", value]),
    anyWord.map((value) => ["-f", value]),
  ),
);

describe("separateChildArguments", () => {
  test("run hands every word after the environment to the command as it is, -- and flags included", () => {
    fc.assert(
      fc.property(runFlags, plainWord, plainWord, fc.array(anyWord), (flags, command, env, args) => {
        const own = flags.flat();
        const separated = separateChildArguments(["run", ...own, command, env, ...args]);
        expect(separated).toEqual(["run", ...own, "--", command, env, ...args]);
      }),
    );
  });

  test("exec hands every word after the service to the command, but for one -- right after the service", () => {
    fc.assert(
      fc.property(plainWord, plainWord, fc.array(anyWord), (env, service, command) => {
        const withDashes = separateChildArguments(["exec", env, service, "--", ...command]);
        expect(withDashes).toEqual(["exec", "--", env, service, ...command]);
        fc.pre(command[0] !== "--");
        expect(separateChildArguments(["exec", env, service, ...command])).toEqual(withDashes);
      }),
    );
  });

  test("other commands are left as they are", () => {
    fc.assert(
      fc.property(fc.array(anyWord), (args) => {
        expect(separateChildArguments(["up", ...args])).toEqual(["up", ...args]);
      }),
    );
  });

  test("run npm ci-7 test -- --grep x keeps its own --", () => {
    expect(separateChildArguments(["run", "npm", "ci-7", "test", "--", "--grep", "x"])).toEqual([
      "run",
      "--",
      "npm",
      "ci-7",
      "test",
      "--",
      "--grep",
      "x",
    ]);
  });

  test("exec -u root agent-1 db ls -la gives -la to ls", () => {
    expect(separateChildArguments(["exec", "-u", "root", "agent-1", "db", "ls", "-la"])).toEqual([
      "exec",
      "-u",
      "root",
      "--",
      "agent-1",
      "db",
      "ls",
      "-la",
    ]);
  });

  test("flags with = take no further word", () => {
    expect(separateChildArguments(["run", "--from=../shop", "npm", "ci", "-x"])).toEqual([
      "run",
      "--from=../shop",
      "--",
      "npm",
      "ci",
      "-x",
    ]);
  });
});
