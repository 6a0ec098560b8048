import { describe, expect, test } from "vitest";
import { EngineCode } from "../../errors.ts";
import { composeFailure } from "./failures.ts";

const services = (container: string): string => container.replace(/^cilo_shop_dev-/u, "").replace(/-\d+$/u, "");
const failure = (stderr: string, stdout = ""): { code: string; message: string; hint: string | undefined } => {
  const { code, message, hint } = composeFailure({ status: 1, stdout, stderr }, services);
  return { code, message, hint };
};

describe("a failed Compose command is told by the engine's own reason:", () => {
  test("an image that does not exist", () => {
    const stderr = ` web Pulling 
 web Error pull access denied for acme/nosuch, repository does not exist or may require 'docker login'
Error response from daemon: pull access denied for acme/nosuch, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`;
    expect(failure(stderr)).toMatchObject({
      code: EngineCode.imageUnavailable,
      message: expect.stringMatching(/^the image of web could not be pulled: pull access denied for acme\/nosuch/u),
      hint: expect.stringContaining("docker login"),
    });
  });

  test("a registry that cannot be reached", () => {
    const stderr = ` db Pulling 
 db Error Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host
Error response from daemon: Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host`;
    expect(failure(stderr)).toMatchObject({
      code: EngineCode.imageUnavailable,
      message: expect.stringMatching(/^the image of db could not be pulled: .*no such host$/u),
      hint: expect.stringContaining("cannot be reached"),
    });
  });

  test.each([
    "failed to create network n: Error response from daemon: Pool overlaps with other one on this address space",
    "failed to create network n: Error response from daemon: invalid pool request: Pool overlaps with other one on this address space",
    "failed to create network n: Error response from daemon: cannot create network 1f (br-1f): conflicts with network 2e (br-2e): networks have overlapping IPv4",
    "failed to create network n: Error response from daemon: subnet 10.223.0.0/26 is already used on the host or by another config",
  ])("a subnet that is taken: %s", (line) => {
    expect(failure(` Network n  Creating\n Network n  Error\n${line}`).code).toBe(EngineCode.subnetTaken);
  });

  test.each([
    "Error response from daemon: driver failed programming external connectivity on endpoint shop-web-1 (f5): Bind for 0.0.0.0:8080 failed: port is already allocated",
    "Error response from daemon: driver failed programming external connectivity on endpoint shop-web-1 (f5): Error starting userland proxy: listen tcp4 0.0.0.0:8080: bind: address already in use",
  ])("a host port that is taken: %s", (line) => {
    expect(failure(line)).toMatchObject({ code: EngineCode.portTaken, message: expect.stringContaining("8080") });
  });

  test.each([
    "failed to solve: failed to register layer: write /x: no space left on device",
    "Error response from daemon: mkdir /var/lib/docker/overlay2/1: no space left on device",
  ])("a full disk: %s", (line) => {
    expect(failure(line).code).toBe(EngineCode.diskFull);
  });

  test("a build step, with what it wrote", () => {
    const stdout = `#5 [api 2/2] RUN npm ci
#5 0.136 npm error code ENOTFOUND
#5 ERROR: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1
------
 > [api 2/2] RUN npm ci:
0.130 npm info using
0.136 npm error code ENOTFOUND
------
`;
    const stderr = 'failed to solve: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1';
    expect(failure(stderr, stdout)).toMatchObject({
      code: EngineCode.buildFailed,
      message:
        'the build of api failed: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1 — npm info using / npm error code ENOTFOUND',
    });
  });

  test("a mistake in a Dockerfile", () => {
    const stderr =
      "failed to solve: rpc error: code = Unknown desc = failed to solve with frontend dockerfile.v0: failed to create LLB definition: dockerfile parse error line 2: unknown instruction: RUNN";
    expect(failure(stderr)).toMatchObject({
      code: EngineCode.buildFailed,
      message: "the build failed: dockerfile parse error line 2: unknown instruction: RUNN",
    });
  });

  test("the service whose container was starting and never started", () => {
    const stderr = ` Container cilo_shop_dev-db-1  Started
 Container cilo_shop_dev-web-1  Starting
Error response from daemon: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "nosuch": executable file not found in $PATH: unknown`;
    expect(failure(stderr)).toMatchObject({
      code: EngineCode.engineFailed,
      message: 'web: unable to start container process: exec: "nosuch": executable file not found in $PATH',
    });
  });

  test("a warning is not taken for the reason", () => {
    const stderr = `time="2026-01-01T00:00:00Z" level=warning msg="failed to do something harmless"
services.web.depends_on: invalid`;
    expect(failure(stderr).message).toBe("services.web.depends_on: invalid");
  });

  test("a variable that is not set, by the name it has in the project", () => {
    const stderr = ` Container cilo_shop_dev-api-1  Creating
environment variable "CILO_VALUE_API_TOKEN" required by file "cilo_shop_dev_token" is not set`;
    expect(failure(stderr)).toMatchObject({
      message: "api: the variable API_TOKEN, which a secret or config is read from, is not set",
      hint: expect.stringContaining(".env"),
    });
  });

  test("silence", () => {
    expect(failure("").message).toBe("Compose ended with 1 and said nothing");
  });

  test("control characters of the engine's text never reach the terminal", () => {
    expect(failure("Error response from daemon: \u001B[31mbad\u0007").message).toBe("bad");
  });
});

test.each([
  [
    "Error response from daemon: crun: executable file `nosuch` not found in $PATH: No such file or directory: OCI runtime attempted to invoke a command that was not found",
    'exec: "nosuch": executable file not found in $PATH',
  ],
  [
    'Error response from daemon: runc: runc create failed: unable to start container process: exec: "nosuch": executable file not found in $PATH: OCI runtime attempted to invoke a command that was not found',
    'unable to start container process: exec: "nosuch": executable file not found in $PATH',
  ],
])("says what Podman says as Docker does: %s", (stderr, message) => {
  expect(composeFailure({ status: 1, stdout: "", stderr }, (name) => name).message).toBe(message);
});

test("tells what a step of a build on Podman wrote before it failed", () => {
  const output = {
    status: 1,
    stdout: "STEP 1/2: FROM busybox\nSTEP 2/2: RUN make\none\nno luck today\n",
    stderr: 'building at STEP "RUN make": while running runtime: exit status 2\n',
  };
  expect(composeFailure(output, (name) => name)).toMatchObject({
    code: "BUILD_FAILED",
    message: "the build failed: RUN make: exit code: 2 — one / no luck today",
  });
});
