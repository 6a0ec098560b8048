import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Path → content; an object where mode or a link target matters. */
export type Files = Readonly<Record<string, string | { content: string; mode: number } | { link: string }>>;

/** Writes the files below the folder, makes what folders they need, answers the folder. */
export async function writeFiles(folder: string, files: Files): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const [path, file] of Object.entries(files)) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    await writeOne(target, file);
  }
  return folder;
}

async function writeOne(target: string, file: Files[string]): Promise<void> {
  if (typeof file === "string") return await writeFile(target, file);
  if ("link" in file) return await symlink(file.link, target);
  await writeFile(target, file.content);
  await chmod(target, file.mode);
}
