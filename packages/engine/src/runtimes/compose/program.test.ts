import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { EngineCode } from "../../errors.ts";
import { findCompose } from "./program.ts";

const signal = AbortSignal.timeout(30_000);
let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "cilo-compose-"));
  const made = home;
  onTestFinished(async () => await rm(made, { recursive: true, force: true }));
});

describe("Compose is found", () => {
  test("in the user's plugin folder before any other", async () => {
    const plugin = await program(".docker/cli-plugins/docker-compose");
    expect(await findCompose({ HOME: home }, { signal, systemFolders: [] })).toBe(plugin);
  });

  test("in folders that Docker's configuration adds", async () => {
    const plugin = await program("extra/docker-compose");
    await program(".docker/config.json", JSON.stringify({ cliPluginsExtraDirs: [join(home, "extra")] }));
    expect(await findCompose({ HOME: home }, { signal, systemFolders: [] })).toBe(plugin);
  });

  test("on the PATH when it is no plugin", async () => {
    const standalone = await program("bin/docker-compose", "#!/bin/sh\necho 2.26.1\n");
    expect(await findCompose(onPath(), { signal, systemFolders: [] })).toBe(standalone);
  });

  test("past a link that leads nowhere, as an uninstalled Docker Desktop leaves it", async () => {
    await mkdir(join(home, ".docker/cli-plugins"), { recursive: true });
    await symlink(join(home, "gone"), join(home, ".docker/cli-plugins/docker-compose"));
    const system = await program("system/docker-compose");
    expect(await findCompose({ HOME: home }, { signal, systemFolders: [dirname(system)] })).toBe(system);
  });

  test("past a folder of that name", async () => {
    await mkdir(join(home, ".docker/cli-plugins/docker-compose"), { recursive: true });
    const system = await program("system/docker-compose");
    expect(await findCompose({ HOME: home }, { signal, systemFolders: [dirname(system)] })).toBe(system);
  });
});

describe("Compose is missing, with the way to it,", () => {
  test("when there is none", async () => {
    await expect(findCompose({ HOME: home }, { signal, systemFolders: [] })).rejects.toMatchObject({
      code: EngineCode.composeMissing,
      hint: expect.stringContaining("nstall"),
    });
  });

  test("when there is only version 1", async () => {
    await program("bin/docker-compose", "#!/bin/sh\necho 1.29.2\n");
    await expect(findCompose(onPath(), { signal, systemFolders: [] })).rejects.toMatchObject({
      code: EngineCode.composeMissing,
      message: expect.stringContaining("1.29.2"),
    });
  });
});

function onPath(): Record<string, string> {
  return { HOME: home, PATH: `relative:${join(home, "bin")}:/usr/bin:/bin` };
}

async function program(path: string, text = "#!/bin/sh\n"): Promise<string> {
  const file = join(home, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  await chmod(file, 0o755);
  return file;
}
