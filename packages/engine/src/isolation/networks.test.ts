import { expect, test } from "vitest";
import { isolate, planNetworks } from "./isolate.ts";
import { inputOf, isolateWith, isolatedService, noticeCodes, specOf } from "./testing.ts";

const web = { image: "nginx" };

test("every network of the project gets a subnet of its own, the implicit one too", () => {
  const spec = specOf(
    { web: { ...web, networks: { front: null, back: null } }, job: { image: "job" } },
    { networks: { front: {}, back: { internal: true } } },
  );
  const { networks = {} } = isolateWith(spec).document;
  const subnets = Object.values(networks).map((network) => network?.ipam?.config?.[0]?.subnet);
  expect(Object.keys(networks)).toEqual(["front", "back", "default"]);
  expect(new Set(subnets).size).toBe(3);
  expect(networks["back"]?.internal).toBe(true);
});

test("the plan counts every container that will be on a network", () => {
  const spec = specOf(
    {
      web: { ...web, deploy: { replicas: 3 }, networks: { front: null } },
      api: { image: "api", scale: 2, networks: { front: null, back: null } },
      db: { image: "postgres", networks: { back: null }, labels: { "cilo.share": "true" } },
    },
    { networks: { front: {}, back: {} } },
  );
  expect(planNetworks(spec, inputOf())).toEqual([
    { key: "front", hosts: 5 },
    { key: "back", hosts: 3 },
  ]);
  expect(planNetworks(spec, inputOf({ options: { scale: { web: 10 } } }))).toContainEqual({ key: "front", hosts: 12 });
});

test("an external network becomes a private one, and the user is told how to keep it", () => {
  const spec = specOf(
    { web: { ...web, networks: { proxy: null } } },
    { networks: { proxy: { external: true, name: "traefik_proxy" } } },
  );
  const isolated = isolateWith(spec);
  expect(isolated.document.networks?.["proxy"]).toMatchObject({
    name: "cilo_shop_agent-1_0a1b2c3d_proxy",
    driver: "bridge",
  });
  expect(isolated.document.networks?.["proxy"]).not.toHaveProperty("external");
  expect(isolated.notices.find(({ code }) => code === "external-isolated")?.message).toContain("keep_external");
});

test.each(["proxy", "traefik_proxy"])("an external network kept as %s stays the engine's and is listed", (kept) => {
  const spec = specOf(
    { web: { ...web, container_name: "edge", networks: { proxy: null } } },
    { networks: { proxy: { external: true, name: "traefik_proxy" } } },
  );
  const input = inputOf({ options: { keepExternal: [kept] } });
  const isolated = isolateWith(spec, input);
  expect(planNetworks(spec, input)).toEqual([]);
  expect(isolated.document.networks?.["proxy"]).toEqual({ external: true, name: "traefik_proxy" });
  expect(isolated.sharedWithHost).toContainEqual({ kind: "network", what: "traefik_proxy", readOnly: false });
  expect(isolated.document.services["web"]?.networks?.["proxy"]?.aliases).toEqual([
    "web.agent-1.test",
    "shop.agent-1.test",
  ]);
});

test("a network that is not external is never kept by its name", () => {
  const spec = specOf({ web: { ...web, networks: { front: null } } }, { networks: { front: { name: "front" } } });
  const { document } = isolateWith(spec, inputOf({ options: { keepExternal: ["front"] } }));
  expect(document.networks?.["front"]?.name).toBe("cilo_shop_agent-1_0a1b2c3d_front");
});

test.each(["host", "macvlan", "ipvlan", "overlay", "weave"])("driver %s becomes a private bridge", (driver) => {
  const spec = specOf(
    { web: { ...web, networks: { lan: null } } },
    { networks: { lan: { driver, driver_opts: { parent: "eth0" } } } },
  );
  const isolated = isolateWith(spec);
  expect(isolated.document.networks?.["lan"]).toMatchObject({ driver: "bridge" });
  expect(isolated.document.networks?.["lan"]).not.toHaveProperty("driver_opts");
  expect(noticeCodes(isolated)).toContain("network-driver-replaced");
});

test("options of a bridge that name things of the host go, harmless ones stay", () => {
  const options = {
    "com.docker.network.bridge.name": "br-shop",
    "com.docker.network.bridge.host_binding_ipv4": "0.0.0.0",
    "com.docker.network.driver.mtu": "1400",
  };
  const isolated = isolateWith(specOf({ web }, { networks: { default: { driver_opts: options } } }));
  expect(isolated.document.networks?.["default"]?.driver_opts).toEqual({ "com.docker.network.driver.mtu": "1400" });
  expect(isolated.notices.filter(({ code }) => code === "network-option-removed")).toHaveLength(2);
});

test("the project's own subnets, gateways and fixed addresses are replaced, each with a notice", () => {
  const spec = specOf(
    {
      web: { ...web, networks: { lan: { ipv4_address: "172.20.0.2", mac_address: "02:42:ac:11:00:01", priority: 7 } } },
    },
    {
      networks: {
        lan: {
          enable_ipv6: true,
          ipam: { driver: "default", config: [{ subnet: "172.20.0.0/24", gateway: "172.20.0.1" }] },
        },
      },
    },
  );
  const isolated = isolateWith(spec);
  expect(isolated.document.networks?.["lan"]?.ipam).toEqual({ config: [{ subnet: "10.223.0.0/28" }] });
  expect(isolated.document.networks?.["lan"]).not.toHaveProperty("enable_ipv6");
  expect(isolated.document.services["web"]?.networks?.["lan"]).toEqual({
    priority: 7,
    aliases: ["web.agent-1.test", "shop.agent-1.test"],
  });
  expect(isolated.notices.filter(({ code }) => code === "address-released")).toHaveLength(3);
});

test("host entries for a fixed address become names of the service that had it", () => {
  const spec = specOf({
    db: { image: "postgres", networks: { default: { ipv4_address: "172.20.0.5" } } },
    web: { ...web, extra_hosts: ["database=172.20.0.5", "host.docker.internal=host-gateway"] },
  });
  expect(isolatedService(spec, "web").extra_hosts).toEqual(["host.docker.internal=host-gateway"]);
  expect(isolatedService(spec, "db").networks?.["default"]?.aliases).toContain("database");
});

test("a name server that had a fixed address is not asked any more", () => {
  const spec = specOf({
    dns: { image: "unbound", networks: { default: { ipv4_address: "172.20.0.53" } } },
    web: { ...web, dns: ["172.20.0.53", "1.1.1.1"], environment: { DNS: "172.20.0.53:53" } },
  });
  const isolated = isolateWith(spec);
  expect(isolated.document.services["web"]?.dns).toEqual(["1.1.1.1"]);
  expect(noticeCodes(isolated)).toContain("value-mentions-address");
});

test("a network without a subnet in the allocation is a bug, not a network on the engine's pools", () => {
  expect(() => isolate(specOf({ web }), inputOf())).toThrow("no subnet for network default");
});

test("a label that names a network at the engine follows it to its new name", () => {
  const labels = { "traefik.docker.network": "proxy-net", "traefik.enable": "true", note: "proxy-net" };
  const networks = { proxy: { name: "proxy-net", external: true } };
  const spec = specOf({ web: { ...web, labels, networks: { proxy: null } } }, { networks });
  expect(isolatedService(spec, "web").labels).toMatchObject({
    "traefik.docker.network": "cilo_shop_agent-1_0a1b2c3d_proxy",
    note: "proxy-net",
  });
  const kept = isolatedService(spec, "web", inputOf({ options: { keepExternal: ["proxy"] } }));
  expect(kept.labels).toMatchObject({ "traefik.docker.network": "proxy-net" });
});
