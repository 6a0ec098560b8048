import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { EngineCode } from "../../errors.ts";
import { createDockerRuntime } from "./docker-runtime.ts";

const signal = AbortSignal.timeout(20_000);

test("an engine that does not answer is named with the way that led to it", async () => {
  const runtime = createDockerRuntime({ env: { DOCKER_HOST: "unix:///nonexistent.sock" } });
  await expect(runtime.status({}, { signal })).rejects.toMatchObject({
    code: EngineCode.engineUnreachable,
    message: "Docker cannot be reached at unix:///nonexistent.sock (DOCKER_HOST): no such socket",
    hint: expect.stringContaining("unset DOCKER_HOST"),
  });
});

test("a context that is not there is named, with the way back", async () => {
  const folder = await mkdtemp(join(tmpdir(), "cilo-docker-"));
  onTestFinished(async () => await rm(folder, { recursive: true, force: true }));
  const runtime = createDockerRuntime({ env: { DOCKER_CONFIG: folder, DOCKER_CONTEXT: "gone" } });
  await expect(runtime.inspect({ signal })).rejects.toMatchObject({
    code: EngineCode.engineUnreachable,
    message: 'Docker cannot be reached (the Docker context "gone"): there is no such context',
    hint: expect.stringContaining("docker context use default"),
  });
});
