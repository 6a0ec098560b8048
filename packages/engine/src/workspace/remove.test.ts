import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { removeTree } from "./remove.ts";
import { bench, signal } from "./testing/trees.ts";

describe("removing a tree", () => {
  it("removes files, links, read-only folders and what is in them", async () => {
    await using at = bench();
    const tree = join(at.root, "home/tree");
    mkdirSync(join(tree, "locked/inner"), { recursive: true });
    writeFileSync(join(tree, "locked/inner/file"), "x", { mode: 0o400 });
    symlinkSync("nowhere", join(tree, "link"));
    chmodSync(join(tree, "locked/inner"), 0o000);
    chmodSync(join(tree, "locked"), 0o500);
    await removeTree(tree, { within: join(at.root, "home"), signal });
    expect(existsSync(tree)).toBe(false);
  });

  it("does so also without root's powers", async () => {
    await using at = bench();
    const home = join(at.root, "home");
    execFileSync("mkdir", ["-p", join(home, "tree/locked/inner")]);
    writeFileSync(join(home, "tree/locked/inner/file"), "x");
    const program = `
      const { chmodSync, existsSync } = await import("node:fs");
      const { removeTree } = await import(${JSON.stringify(join(import.meta.dirname, "remove.ts"))});
      const [home, tree] = ${JSON.stringify([home, join(home, "tree")])};
      chmodSync(tree + "/locked/inner", 0); chmodSync(tree + "/locked", 0o500);
      await removeTree(tree, { within: home, signal: new AbortController().signal });
      console.log(existsSync(tree));`;
    expect(asNobody(program, at.root)).toBe("false\n");
  });

  it("never goes through a link to what lies elsewhere", async () => {
    await using at = bench();
    const [home, precious] = [join(at.root, "home"), join(at.root, "precious")];
    mkdirSync(join(home, "tree"), { recursive: true });
    mkdirSync(precious);
    writeFileSync(join(precious, "data"), "keep");
    symlinkSync(precious, join(home, "tree/inside"));
    symlinkSync(precious, join(home, "itself"));
    await removeTree(join(home, "tree"), { within: home, signal });
    await removeTree(join(home, "itself"), { within: home, signal });
    expect(readFileSync(join(precious, "data"), "utf8")).toBe("keep");
    expect(existsSync(join(home, "itself"))).toBe(false);
  });

  it.each(["..", "../..", "../precious", ".", "", "envs/../..", "escape/data", "envs/../../precious"])(
    "refuses %j, which is not inside the home",
    async (path) => {
      await using at = bench();
      const [home, precious] = [join(at.root, "home"), join(at.root, "precious")];
      mkdirSync(join(home, "envs"), { recursive: true });
      mkdirSync(precious);
      writeFileSync(join(precious, "data"), "keep");
      symlinkSync(precious, join(home, "escape"));
      await expect(removeTree(`${home}/${path}`, { within: home, signal })).rejects.toMatchObject({
        code: "PATH_ESCAPES",
      });
      expect(readFileSync(join(precious, "data"), "utf8")).toBe("keep");
      expect(existsSync(join(home, "envs"))).toBe(true);
    },
  );

  it("removes folders that are nested deeper than a path can name", async () => {
    await using at = bench();
    execFileSync("perl", ["-e", `chdir $ARGV[0]; for (1..3000) { mkdir "d"; chdir "d" } open(F, ">f")`, at.root]);
    await removeTree(join(at.root, "d"), { within: at.root, signal });
    expect(existsSync(join(at.root, "d"))).toBe(false);
  });

  it("has nothing to do for what is not there", async () => {
    await using at = bench();
    await removeTree(join(at.root, "missing/too"), { within: at.root, signal });
    await removeTree(join(at.root, "missing"), { within: at.root, signal });
    expect(existsSync(at.root)).toBe(true);
  });

  // Only root can make files of another user.
  it.runIf(process.geteuid?.() === 0)(
    "names the files of another user that it cannot remove, and what to do",
    async () => {
      await using at = bench();
      const home = join(at.root, "home");
      mkdirSync(join(home, "tree/data"), { recursive: true });
      writeFileSync(join(home, "tree/data/by-container"), "x");
      chmodSync(at.root, 0o711);
      chmodSync(home, 0o777);
      const program = `
      const { removeTree } = await import(${JSON.stringify(join(import.meta.dirname, "remove.ts"))});
      const home = ${JSON.stringify(home)};
      await removeTree(home + "/tree", { within: home, signal: new AbortController().signal })
        .catch((error) => console.log(error.code, error.message, error.hint));`;
      expect(asNobody(program)).toMatch(/^COPY_FAILED .*by-container.*another user.*sudo rm -rf/u);
    },
  );
});

/** Runs a module as an unprivileged user; `owns` is given to it first. */
function asNobody(program: string, owns?: string): string {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot && owns !== undefined) execFileSync("chown", ["-R", "65534:65534", owns]);
  return execFileSync(process.execPath, ["--input-type=module", "-e", program], {
    encoding: "utf8",
    ...(isRoot ? { uid: 65534, gid: 65534 } : {}),
  });
}
