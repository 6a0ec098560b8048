import { expect, test } from "vitest";
import type { Service } from "../spec/spec.ts";
import { inputOf, isolateWith, isolatedService, noticeCodes, specOf } from "./testing.ts";

test.each(["host", "bridge", "default", "my_external_net", "container:elsewhere"])(
  "network mode %s becomes the environment's own network, with a notice",
  (mode) => {
    const isolated = isolateWith(specOf({ web: { image: "nginx", network_mode: mode, expose: ["80"] } }));
    const service = isolated.document.services["web"];
    expect(service).not.toHaveProperty("network_mode");
    expect(service?.networks?.["default"]?.aliases).toContain("web.agent-1.test");
    expect(noticeCodes(isolated)).toEqual(["network-mode-isolated"]);
  },
);

test("a service without a network stays without", () => {
  const service = isolatedService(specOf({ job: { image: "job", network_mode: "none" } }), "job");
  expect(service.network_mode).toBe("none");
  expect(service).not.toHaveProperty("networks");
});

test("a service in another's network stays there, and its names lead to that one's addresses", () => {
  const spec = specOf({
    vpn: { image: "vpn" },
    torrent: { image: "torrent", network_mode: "service:vpn", expose: ["8080"] },
    helper: { image: "helper", network_mode: "service:torrent" },
  });
  const isolated = isolateWith(spec);
  expect(isolated.document.services["torrent"]?.network_mode).toBe("service:vpn");
  expect(isolated.document.services["vpn"]?.networks?.["default"]?.aliases).toEqual(
    expect.arrayContaining(["vpn.agent-1.test", "torrent.agent-1.test", "helper.agent-1.test"]),
  );
  expect(isolated.services.map(({ name, networkOf }) => [name, networkOf])).toEqual([
    ["vpn", undefined],
    ["torrent", "vpn"],
    ["helper", "vpn"],
  ]);
});

test("a container of the project that is joined by its container name is joined by its service", () => {
  const service = isolatedService(
    specOf({
      vpn: { image: "vpn", container_name: "gluetun" },
      torrent: { image: "torrent", network_mode: "container:gluetun", pid: "container:gluetun" },
    }),
    "torrent",
  );
  expect(service).toMatchObject({
    network_mode: "service:vpn",
    pid: "service:vpn",
    depends_on: { vpn: { condition: "service_started", required: true, restart: true } },
  });
});

test.each([
  ["pid", "host"],
  ["ipc", "host"],
  ["uts", "host"],
  ["userns_mode", "host"],
  ["cgroup", "host"],
  ["pid", "container:elsewhere"],
  ["ipc", "container:elsewhere"],
] as const)("%s %s is replaced by one of its own, with a notice", (namespace, mode) => {
  const isolated = isolateWith(specOf({ web: { image: "nginx", [namespace]: mode } }));
  expect(isolated.document.services["web"]).not.toHaveProperty(namespace);
  expect(noticeCodes(isolated)).toEqual(["namespace-isolated"]);
});

test("namespaces shared within the project stay", () => {
  const services: Record<string, Service> = {
    web: { image: "nginx", ipc: "shareable" },
    debug: { image: "debug", pid: "service:web", ipc: "service:web", cgroup: "private" },
  };
  const { document, notices } = isolateWith(specOf(services), inputOf());
  expect(document.services["debug"]).toMatchObject({ pid: "service:web", ipc: "service:web", cgroup: "private" });
  expect(notices).toEqual([]);
});
