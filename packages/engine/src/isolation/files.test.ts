import { expect, test } from "vitest";
import { SOURCE, WORKSPACE, isolateWith, isolatedService, noticeCodes, specOf } from "./testing.ts";

test("files of secrets and configs are those of the workspace", () => {
  const isolated = isolateWith(
    specOf(
      { web: { image: "nginx" } },
      {
        configs: { site: { name: "site", file: `${SOURCE}/nginx.conf` }, text: { content: "a" } },
        secrets: { key: { file: "/home/u/.keys/key" }, token: { environment: "TOKEN" } },
      },
    ),
  );
  expect(isolated.document.configs).toEqual({
    site: { name: "cilo_shop_agent-1_0a1b2c3d_site", file: `${WORKSPACE}/nginx.conf` },
    text: { name: "cilo_shop_agent-1_0a1b2c3d_text", content: "a" },
  });
  expect(isolated.document.secrets?.["token"]).toMatchObject({ environment: "TOKEN" });
  expect(isolated.sharedWithHost).toEqual([{ kind: "file", what: "/home/u/.keys/key", readOnly: true }]);
});

test("an external secret is told of, since Compose has none", () => {
  const isolated = isolateWith(
    specOf({ web: { image: "nginx" } }, { secrets: { key: { external: true, name: "k" } } }),
  );
  expect(noticeCodes(isolated)).toEqual(["external-secret"]);
});

test("env files are read already and do not go to the engine a second time", () => {
  const service = isolatedService(
    specOf({ web: { image: "nginx", env_file: [{ path: `${SOURCE}/.env` }], environment: { A: "1" } } }),
    "web",
  );
  expect(service).not.toHaveProperty("env_file");
  expect(service.environment).toMatchObject({ A: "1" });
});

test("watched folders and seccomp profiles are those of the workspace", () => {
  const service = isolatedService(
    specOf({
      web: {
        image: "nginx",
        develop: { watch: [{ path: `${SOURCE}/src`, action: "sync", target: "/app" }] },
        security_opt: ["seccomp:./profile.json", "seccomp=unconfined", "no-new-privileges:true"],
      },
    }),
    "web",
  );
  expect(service.develop).toEqual({ watch: [{ path: `${WORKSPACE}/src`, action: "sync", target: "/app" }] });
  expect(service["security_opt"]).toEqual([
    `seccomp:${WORKSPACE}/profile.json`,
    "seccomp=unconfined",
    "no-new-privileges:true",
  ]);
});
