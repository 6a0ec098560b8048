import { defineConfig } from "vitest/config";

const long = process.env["CILO_TEST_LONG"] === "1";

/**
 * `unit` needs Node alone; `server` a PostgreSQL, which it brings; `engine` real engines; `e2e` the built command,
 * dnsmasq and root or namespaces; `testbed` the hosts of testbed/. scripts/test.sh installs what they need and runs all;
 * the projects `…-podman` run the same tests on Podman.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts", "test/*.test.ts", "scripts/**/*.test.ts"],
          exclude: ["**/*.engine.test.ts", "packages/server/**", "**/node_modules/**"],
          testTimeout: long ? 3_600_000 : 60_000,
        },
      },
      {
        test: {
          name: "server",
          include: ["packages/server/src/**/*.test.ts"],
          exclude: ["**/*.engine.test.ts", "**/*.testbed.test.ts", "**/node_modules/**"],
          globalSetup: "packages/server/src/testing/setup.ts",
          testTimeout: long ? 3_600_000 : 60_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: "engine",
          include: ["packages/*/src/**/*.engine.test.ts"],
          globalSetup: "test/e2e/support/podman-service.ts",
          testTimeout: long ? 3_600_000 : 180_000,
          hookTimeout: 180_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: "test/e2e/support/setup.ts",
          testTimeout: long ? 3_600_000 : 300_000,
          hookTimeout: 300_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: "engine-podman",
          // What is about one engine alone has its own place in `engine`.
          include: ["packages/engine/src/**/*.engine.test.ts"],
          exclude: ["**/runtimes/docker/**", "**/runtimes/podman/**", "**/workspace/**", "**/node_modules/**"],
          globalSetup: "test/e2e/support/podman-service.ts",
          env: { CILO_TEST_RUNTIME: "podman" },
          testTimeout: long ? 3_600_000 : 180_000,
          hookTimeout: 180_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: "e2e-podman",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: ["test/e2e/support/setup.ts", "test/e2e/support/podman-service.ts"],
          env: { CILO_TEST_RUNTIME: "podman" },
          testTimeout: long ? 3_600_000 : 300_000,
          hookTimeout: 300_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: "testbed",
          include: ["test/testbed/**/*.test.ts", "packages/server/src/**/*.testbed.test.ts"],
          globalSetup: "test/testbed/support/setup.ts",
          testTimeout: long ? 3_600_000 : 300_000,
          hookTimeout: 1_200_000,
          // All share one testbed, and some restart its hosts.
          fileParallelism: false,
        },
      },
    ],
  },
});
