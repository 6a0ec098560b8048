import type { EndpointPort, ServiceStatus } from "@cilo/engine";
import { expect, test } from "vitest";
import { serviceUrls } from "./urls.ts";

function withPorts(...ports: EndpointPort[]): ServiceStatus {
  return {
    service: "web",
    label: "web",
    state: "running",
    containers: [],
    endpoint: { service: "web", label: "web", addresses: [], ports, hostnames: [], ingress: false },
    shared: false,
  };
}

test.each<[EndpointPort, string]>([
  [{ port: 80, protocol: "tcp", scheme: "http" }, "http://web.dev.test"],
  [{ port: 3000, protocol: "tcp", scheme: "http" }, "http://web.dev.test:3000"],
  [{ port: 443, protocol: "tcp", scheme: "https" }, "https://web.dev.test"],
  [{ port: 8443, protocol: "tcp", scheme: "https" }, "https://web.dev.test:8443"],
  [{ port: 5432, protocol: "tcp" }, "tcp://web.dev.test:5432"],
  [{ port: 53, protocol: "udp" }, "udp://web.dev.test:53"],
])("the URL of %j leaves the port out only where it is the scheme's own", (port, url) => {
  expect(serviceUrls(withPorts(port), { environment: "dev", suffix: ".test" })).toMatchObject([{ url }]);
});

test("the URL for a browser comes first, and another published port is named", () => {
  const service = withPorts(
    { port: 9000, protocol: "udp" },
    { port: 5432, protocol: "tcp", published: "5432" },
    { port: 80, protocol: "tcp", scheme: "http", published: "8080" },
  );
  expect(serviceUrls(service, { environment: "dev", suffix: ".test" })).toEqual([
    { url: "http://web.dev.test", port: 80, protocol: "tcp", published: "8080" },
    { url: "tcp://web.dev.test:5432", port: 5432, protocol: "tcp" },
    { url: "udp://web.dev.test:9000", port: 9000, protocol: "udp" },
  ]);
});
