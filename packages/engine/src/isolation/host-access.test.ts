import { expect, test } from "vitest";
import type { Service } from "../spec/spec.ts";
import { isolateWith, noticeCodes, specOf } from "./testing.ts";

test.each<[string, Service, string[]]>([
  ["a privileged container", { privileged: true }, ["privileged: privileged container"]],
  ["a privileged hook", { post_start: [{ command: ["a"], privileged: true }] }, ["privileged: privileged container"]],
  [
    "devices",
    { devices: [{ source: "/dev/kvm", target: "/dev/kvm" }, "vendor/gpu=all"] },
    ["device: /dev/kvm", "device: vendor/gpu=all"],
  ],
  ["device rules", { device_cgroup_rules: ["c 1:3 mr"] }, ["device: device rule c 1:3 mr"]],
  ["GPUs", { gpus: [{ count: -1 }] }, ["device: device gpu"]],
  [
    "reserved devices",
    { deploy: { resources: { reservations: { devices: [{ driver: "nvidia", capabilities: ["gpu"] }] } } } },
    ["device: device nvidia gpu"],
  ],
  [
    "capabilities beyond the default",
    { cap_add: ["CAP_SYS_ADMIN", "net_admin", "CHOWN"] },
    ["capability: SYS_ADMIN", "capability: NET_ADMIN"],
  ],
  [
    "loosened confinement",
    { security_opt: ["seccomp:unconfined", "no-new-privileges:true", "no-new-privileges:false"] },
    ["security-option: seccomp:unconfined", "security-option: no-new-privileges:false"],
  ],
  ["the engine's API", { use_api_socket: true }, ["engine-socket: the engine's API socket"]],
  ["a program of the host", { provider: { type: "model" } }, ["program: provider model"]],
  ["a model of the host", { models: { llm: {} } }, ["service: model llm"]],
])("%s is listed as shared and carried", (_, service, expected) => {
  const isolated = isolateWith(specOf({ web: { image: "nginx", ...service } }));
  expect(isolated.sharedWithHost.map(({ kind, what }) => `${kind}: ${what}`)).toEqual(expected);
  expect(isolated.document.services["web"]).toMatchObject(service);
});

test("mounts that a container makes visible on the host are listed", () => {
  const volumes = [{ type: "bind", source: "/src/shop/mnt", target: "/mnt", bind: { propagation: "rshared" } }];
  const isolated = isolateWith(specOf({ web: { image: "nginx", volumes } }));
  expect(isolated.sharedWithHost.map(({ kind }) => kind)).toEqual(["namespace"]);
});

test("an ordinary service shares nothing and needs no notice", () => {
  const isolated = isolateWith(
    specOf({ web: { image: "nginx", cap_drop: ["ALL"], ports: [{ target: 80, published: "80" }] } }),
  );
  expect(isolated.sharedWithHost).toEqual([]);
  expect(isolated.notices).toEqual([]);
});

test("a text that names the source folder is left and told of", () => {
  const isolated = isolateWith(specOf({ web: { image: "nginx", command: ["serve", "/src/shop/public"] } }));
  expect(isolated.document.services["web"]?.command).toEqual(["serve", "/src/shop/public"]);
  expect(noticeCodes(isolated)).toEqual(["value-mentions-source"]);
});
