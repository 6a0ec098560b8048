import { createDockerRuntime } from "./docker/docker-runtime.ts";
import { createPodmanRuntime } from "./podman/podman-runtime.ts";
import type { Runtime } from "./runtime.ts";

/** The engine that this run of the tests is about: `CILO_TEST_RUNTIME`, which vitest.config.ts sets; Docker otherwise. */
export const testedEngine = process.env["CILO_TEST_RUNTIME"] === "podman" ? "podman" : "docker";

/** A runtime on it. */
export function createTestedRuntime(env: Readonly<Record<string, string | undefined>> = process.env): Runtime {
  return testedEngine === "docker"
    ? createDockerRuntime({ env })
    : createPodmanRuntime({ env, platform: process.platform, uid: process.getuid?.() });
}

/** The engine's own program with its first arguments. */
export const testedProgram: readonly string[] =
  testedEngine === "docker" ? ["docker"] : ["podman", "--remote", "--url", process.env["CONTAINER_HOST"] ?? ""];
