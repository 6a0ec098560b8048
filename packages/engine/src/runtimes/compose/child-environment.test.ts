import { expect, test } from "vitest";
import { unixEndpoint } from "../engine/endpoint.ts";
import { childEnvironment } from "./child-environment.ts";

const socket = unixEndpoint("/run/docker.sock");

test("programs of the engine see where things are, and nothing that changes what Compose does", () => {
  const env = {
    PATH: "/bin",
    HOME: "/home/me",
    https_proxy: "http://proxy",
    XDG_RUNTIME_DIR: "/run/user/1000",
    DOCKER_CONFIG: "/home/me/.docker",
    DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND: "docker",
    COMPOSE_FILE: "other.yaml",
    COMPOSE_PROFILES: "debug",
    LD_PRELOAD: "/evil.so",
    AWS_SECRET_ACCESS_KEY: "secret",
  };
  expect(childEnvironment(env, socket)).toEqual({
    PATH: "/bin",
    HOME: "/home/me",
    https_proxy: "http://proxy",
    XDG_RUNTIME_DIR: "/run/user/1000",
    DOCKER_CONFIG: "/home/me/.docker",
    DOCKER_HOST: "unix:///run/docker.sock",
  });
});

test("programs of the engine speak to the engine that was found, whatever the caller's context is", () => {
  const env = { DOCKER_HOST: "tcp://elsewhere:2375", DOCKER_CONTEXT: "elsewhere", DOCKER_TLS_VERIFY: "1" };
  expect(childEnvironment(env, socket)).toEqual({ DOCKER_HOST: "unix:///run/docker.sock" });
});
