import { expect, test } from "vitest";
import type { Volume } from "../spec/spec.ts";
import { SOURCE, WORKSPACE, inputOf, isolateWith, noticeCodes, specOf } from "./testing.ts";

function withVolume(volume: Volume | null, keepExternal: string[] = []) {
  const service = { image: "postgres", volumes: [{ type: "volume", source: "data", target: "/data" }] };
  return isolateWith(specOf({ db: service }, { volumes: { data: volume } }), inputOf({ options: { keepExternal } }));
}

test("a volume is the environment's own, also when the project names it", () => {
  expect(withVolume(null).document.volumes?.["data"]?.name).toBe("cilo_shop_agent-1_0a1b2c3d_data");
  expect(withVolume({ name: "pgdata" }).document.volumes?.["data"]?.name).toBe("cilo_shop_agent-1_0a1b2c3d_data");
});

test("an external volume becomes an empty one with a notice, unless it is kept", () => {
  const isolated = withVolume({ external: true, name: "prod" });
  expect(isolated.document.volumes?.["data"]).not.toHaveProperty("external");
  expect(noticeCodes(isolated)).toEqual(["external-isolated"]);
  const kept = withVolume({ external: true, name: "prod" }, ["prod"]);
  expect(kept.document.volumes?.["data"]).toEqual({ external: true, name: "prod" });
  expect(kept.sharedWithHost).toEqual([{ kind: "volume", what: "prod", readOnly: false }]);
});

test("a volume that is a folder of the project is a folder of the workspace", () => {
  const isolated = withVolume({ driver: "local", driver_opts: { type: "none", o: "bind", device: `${SOURCE}/data` } });
  expect(isolated.document.volumes?.["data"]?.driver_opts?.["device"]).toBe(`${WORKSPACE}/data`);
  expect(isolated.sharedWithHost).toEqual([]);
});

test.each([
  [{ driver_opts: { type: "none", o: "bind", device: "/srv/data" } }, "/srv/data"],
  [{ driver_opts: { type: "nfs", o: "addr=10.0.0.1,rw", device: ":/export" } }, ":/export"],
  [{ driver: "vieux/sshfs", driver_opts: { sshcmd: "u@host:/data" } }, "vieux/sshfs:data"],
])("a volume whose data lies elsewhere is listed: %j", (volume, what) => {
  const isolated = withVolume(volume);
  expect(isolated.sharedWithHost).toEqual([{ kind: "volume", what, readOnly: false }]);
  expect(noticeCodes(isolated)).toEqual(["shared-with-host"]);
});

test("a volume in memory shares nothing", () => {
  expect(withVolume({ driver_opts: { type: "tmpfs", device: "tmpfs", o: "size=1m" } }).sharedWithHost).toEqual([]);
});
