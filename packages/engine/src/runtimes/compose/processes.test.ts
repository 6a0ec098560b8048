import { describe, expect, test } from "vitest";
import { changesProject, composeArguments, lineChangesProject } from "./processes.ts";

const argv = (project: string, ...rest: string[]): string[] => [
  "/usr/libexec/docker/cli-plugins/docker-compose",
  ...composeArguments(project, "/home/me/.cilo/envs/my shop/dev/compose.yaml"),
  ...rest,
];

describe.each([
  ["an argument list", changesProject],
  ["a line of ps", (words: readonly string[], project: string) => lineChangesProject(words.join(" "), project)],
])("%s", (_, changes) => {
  test("of an up, stop or restart of the project is one that changes it", () => {
    expect(changes(argv("cilo_shop_dev", "up", "--detach"), "cilo_shop_dev")).toBe(true);
    expect(changes(argv("cilo_shop_dev", "stop"), "cilo_shop_dev")).toBe(true);
    expect(changes(argv("cilo_shop_dev", "restart", "--no-deps", "--", "web"), "cilo_shop_dev")).toBe(true);
  });

  test("of somebody who reads logs is not", () => {
    expect(changes(argv("cilo_shop_dev", "logs", "--follow", "--", "web"), "cilo_shop_dev")).toBe(false);
  });

  test("of somebody who reads logs of services called up and stop is not", () => {
    expect(changes(argv("cilo_shop_dev", "logs", "--", "up", "stop"), "cilo_shop_dev")).toBe(false);
  });

  test("of another project is not", () => {
    expect(changes(argv("cilo_shop_dev2", "up", "--detach"), "cilo_shop_dev")).toBe(false);
    expect(changes(argv("x_cilo_shop_dev", "up", "--detach"), "cilo_shop_dev")).toBe(false);
  });

  test("of the user's own docker compose is not", () => {
    expect(changes(["docker", "compose", "-p", "cilo_shop_dev", "up"], "cilo_shop_dev")).toBe(false);
  });
});
