import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openHome } from "./home-id.ts";

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cilo-home-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test("any number of openers of a new home get one identifier", async () => {
  const root = join(await newFolder(), "home");
  const homes = await Promise.all(Array.from({ length: 8 }, () => openHome(root)));
  expect(new Set(homes.map((home) => home.id)).size).toBe(1);
});

test.each(["", "/below"])("a home at a file%s is refused by its path, with the variable to set", async (below) => {
  const file = join(await newFolder(), "file");
  await writeFile(file, "");
  await expect(openHome(`${file}${below}`)).rejects.toMatchObject({
    code: "NOT_PERMITTED",
    message: expect.stringContaining(file),
    hint: expect.stringContaining("CILO_HOME"),
  });
});

test("a home below a folder in which the kernel makes none is refused the same way, at once", async () => {
  await expect(openHome("/proc/cilo/home")).rejects.toMatchObject({
    code: "NOT_PERMITTED",
    message: expect.stringContaining("/proc/cilo/home"),
  });
});
