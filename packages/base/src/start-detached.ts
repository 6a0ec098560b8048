import { spawn } from "node:child_process";

/**
 * Starts a program that outlives this one (a browser, the reaper of shared services) and answers whether it could be
 * started. Not through `run()`, which ends what it started when this process ends.
 */
export async function startDetached(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<boolean> {
  const child = spawn(file, args, { detached: true, stdio: "ignore", env, cwd: "/" });
  return await new Promise((resolve) => {
    child.once("error", () => resolve(false));
    child.once("spawn", () => {
      child.unref();
      resolve(true);
    });
  });
}
