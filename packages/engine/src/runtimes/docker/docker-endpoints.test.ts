import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { dockerCandidates } from "./docker-endpoints.ts";

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "cilo-docker-"));
  const made = home;
  onTestFinished(async () => await rm(made, { recursive: true, force: true }));
});

describe("Docker is looked for", () => {
  test("at DOCKER_HOST and nowhere else, when that is set", async () => {
    await context("laptop", "unix:///laptop.sock", { current: true });
    expect(await dockerCandidates({ HOME: home, DOCKER_HOST: "unix:///mine.sock" })).toEqual([
      { from: "DOCKER_HOST", endpoint: { kind: "unix", url: "unix:///mine.sock", socketPath: "/mine.sock" } },
    ]);
  });

  test("at a TCP address, with TLS where the user asks for it", async () => {
    const url = "tcp://[::1]:2376";
    expect(await dockerCandidates({ HOME: home, DOCKER_HOST: url, DOCKER_TLS_VERIFY: "1" })).toEqual([
      {
        from: "DOCKER_HOST",
        endpoint: { kind: "tcp", url, host: "::1", port: 2376, tlsFolder: join(home, ".docker") },
      },
    ]);
    expect(await dockerCandidates({ HOME: home, DOCKER_HOST: "tcp://localhost" })).toMatchObject([
      { endpoint: { host: "localhost", port: 2375 } },
    ]);
  });

  test("in the current context and nowhere else, when the user chose one", async () => {
    await context("laptop", "unix:///laptop.sock", { current: true });
    expect(await dockerCandidates({ HOME: home })).toMatchObject([{ endpoint: { socketPath: "/laptop.sock" } }]);
  });

  test("in the context that DOCKER_CONTEXT names before the current one", async () => {
    await context("laptop", "unix:///laptop.sock", { current: true });
    await context("other", "unix:///other.sock", { current: false });
    const env = { HOME: home, DOCKER_CONTEXT: "other" };
    expect(await dockerCandidates(env)).toMatchObject([{ endpoint: { socketPath: "/other.sock" } }]);
  });

  test("at the default socket, then rootless Docker's, then Docker Desktop's", async () => {
    const candidates = await dockerCandidates({ HOME: "/home/me", XDG_RUNTIME_DIR: "/run/user/1000" });
    expect(candidates.map((candidate) => ("endpoint" in candidate ? candidate.endpoint.url : ""))).toEqual([
      "unix:///var/run/docker.sock",
      "unix:///run/user/1000/docker.sock",
      "unix:///home/me/.docker/run/docker.sock",
      "unix:///home/me/.docker/desktop/docker.sock",
    ]);
  });

  test("as if nothing were configured, when Docker's configuration is damaged or says default", async () => {
    for (const text of ["{", '{"currentContext":7}', '{"currentContext":"default"}', "{}"]) {
      await file(".docker/config.json", text);
      expect(await dockerCandidates({ HOME: home })).toHaveLength(3);
    }
  });
});

describe("a way to Docker is refused in one line", () => {
  test.each([
    ["ssh://me@host", /ssh are not supported/u],
    ["npipe:////./pipe/docker_engine", /neither unix/u],
    ["nonsense", /neither unix/u],
  ])("when DOCKER_HOST is %s", async (url, reason) => {
    expect(await dockerCandidates({ HOME: home, DOCKER_HOST: url })).toEqual([
      { from: "DOCKER_HOST", refusal: expect.stringMatching(reason) },
    ]);
  });

  test("when the context is not there", async () => {
    expect(await dockerCandidates({ HOME: home, DOCKER_CONTEXT: "gone" })).toEqual([
      { from: 'the Docker context "gone"', refusal: "there is no such context" },
    ]);
  });
});

test("a configuration of Docker's that cannot be read is named, with the way around it", async () => {
  const config = join(home, ".docker/config.json");
  await mkdir(config, { recursive: true });
  await expect(dockerCandidates({ HOME: home })).rejects.toMatchObject({
    code: "ENGINE_UNREACHABLE",
    message: `Docker's configuration ${config} cannot be read: EISDIR`,
    hint: expect.stringContaining("DOCKER_HOST"),
  });
});

async function context(name: string, host: string, { current }: { current: boolean }): Promise<void> {
  const id = createHash("sha256").update(name).digest("hex");
  await file(`.docker/contexts/meta/${id}/meta.json`, JSON.stringify({ Endpoints: { docker: { Host: host } } }));
  if (current) await file(".docker/config.json", JSON.stringify({ currentContext: name }));
}

async function file(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(home, path)), { recursive: true });
  await writeFile(join(home, path), text);
}
