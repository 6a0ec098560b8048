import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { createFileExclusive, isErrno, makeFolder, readFileIfThere, writeFileAtomic } from "./files.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cilo-files-"));
  const own = folder;
  onTestFinished(() => rm(own, { recursive: true, force: true }));
});

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

test("a file is readable by its owner alone unless another mode is asked for, and so are folders made for it", async () => {
  await writeFileAtomic(join(folder, "a/b/secret"), "s");
  await writeFileAtomic(join(folder, "open"), "o", { mode: 0o644 });
  expect(await modeOf(join(folder, "a/b/secret"))).toBe(0o600);
  expect(await modeOf(join(folder, "a/b"))).toBe(0o700);
  expect(await modeOf(join(folder, "open"))).toBe(0o644);
});

test("a folder that cannot be made is an error where the kernel says that there is nothing, too", async () => {
  await expect(makeFolder("/proc/cilo/home")).rejects.toMatchObject({ code: "ENOENT" });
  await writeFile(join(folder, "file"), "");
  await expect(makeFolder(join(folder, "file/below"))).rejects.toMatchObject({ code: "ENOTDIR" });
  await expect(makeFolder(join(folder, "file"))).rejects.toMatchObject({ code: "EEXIST" });
  await makeFolder(join(folder, "a/b"));
  await makeFolder(join(folder, "a/b"));
});

test("replacing a file's content leaves no other file beside it", async () => {
  await writeFileAtomic(join(folder, "file"), "one");
  await writeFileAtomic(join(folder, "file"), Buffer.from("two"));
  expect(await readdir(folder)).toEqual(["file"]);
  expect(await readFile(join(folder, "file"), "utf8")).toBe("two");
});

test("a write that cannot be finished leaves the earlier content and nothing else", async () => {
  await mkdir(join(folder, "taken"));
  await writeFile(join(folder, "taken/inside"), "");
  await expect(writeFileAtomic(join(folder, "taken"), "x")).rejects.toThrow(/EISDIR|ENOTEMPTY/u);
  // @ts-expect-error what a caller without types could hand over
  await expect(writeFileAtomic(join(folder, "other"), 42)).rejects.toMatchObject({ code: "ERR_INVALID_ARG_TYPE" });
  expect(await readdir(folder)).toEqual(["taken"]);
});

test("readers see the old or the new content whole, also when the writer is killed", { timeout: 120_000 }, async () => {
  const path = join(folder, "file");
  const length = 1_000_000;
  await writeFileAtomic(path, "-".repeat(length));
  const script = `
    const { writeFileAtomic } = await import(${JSON.stringify(new URL("files.ts", import.meta.url).href)});
    console.log("ready");
    for (let i = 0; ; i++) await writeFileAtomic(${JSON.stringify(path)}, String(i % 10).repeat(${length}));`;
  for (let round = 0; round < 5; round += 1) {
    const writer = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(writer.stdout, "data");
    for (let read = 0; read < 20; read += 1) expectWhole(await readFile(path, "utf8"), length);
    writer.kill("SIGKILL");
    await once(writer, "exit");
    expectWhole(await readFile(path, "utf8"), length);
  }
});

function expectWhole(text: string, length: number): void {
  expect(text.length).toBe(length);
  expect(new Set(text).size).toBe(1);
}

test("of many who create a file at once exactly one does, and its content is whole", async () => {
  const path = join(folder, "claim");
  const owners = Array.from({ length: 50 }, (_, index) => `owner ${index}`);
  const created = await Promise.all(owners.map((owner) => createFileExclusive(path, owner)));
  expect(created.filter(Boolean)).toHaveLength(1);
  expect(await readFile(path, "utf8")).toBe(owners[created.indexOf(true)]);
  expect(await readdir(folder)).toEqual(["claim"]);
});

test("creating a file does not follow or replace a link that is in the way", async () => {
  await symlink(join(folder, "elsewhere"), join(folder, "link"));
  expect(await createFileExclusive(join(folder, "link"), "x")).toBe(false);
  expect(await readdir(folder)).toEqual(["link"]);
});

test("a file that is not there reads as undefined, one that cannot be read is an error", async () => {
  await writeFile(join(folder, "file"), "text");
  expect(await readFileIfThere(join(folder, "file"))).toBe("text");
  expect(await readFileIfThere(join(folder, "absent"))).toBeUndefined();
  expect(await readFileIfThere(join(folder, "file/below-a-file"))).toBeUndefined();
  await expect(readFileIfThere(folder)).rejects.toThrow("EISDIR");
});

test("system errors are told apart by their code", async () => {
  const error: unknown = await chmod(join(folder, "absent"), 0).catch((cause: unknown) => cause);
  expect(isErrno(error, "EACCES", "ENOENT")).toBe(true);
  expect(isErrno(error, "EACCES")).toBe(false);
  expect(isErrno(new Error("ENOENT"), "ENOENT")).toBe(false);
  expect(isErrno("ENOENT", "ENOENT")).toBe(false);
});
