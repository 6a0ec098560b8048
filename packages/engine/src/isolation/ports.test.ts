import { expect, test } from "vitest";
import { endpointPorts } from "./ports.ts";
import { isolateWith, specOf } from "./testing.ts";

test("no host port is published: the document has no ports at all", () => {
  const { document } = isolateWith(
    specOf({ web: { image: "nginx", ports: [{ target: 80, published: "8080", host_ip: "0.0.0.0" }] } }),
  );
  expect(document.services["web"]).not.toHaveProperty("ports");
  expect(document.services["web"]?.expose).toEqual(["80"]);
});

test("container ports are remembered with what would have been published", () => {
  const ports = endpointPorts({
    ports: [
      { target: 80, published: "8080", protocol: "tcp" },
      { target: 53, published: "53", protocol: "udp" },
      { target: 9, protocol: "sctp" },
      { target: 5432 },
    ],
    expose: ["80", "6000-6002", "7000/udp", "garbage", "9-3"],
  });
  expect(ports).toEqual([
    { port: 80, protocol: "tcp", scheme: "http", published: "8080" },
    { port: 53, protocol: "udp", published: "53" },
    { port: 5432, protocol: "tcp" },
    { port: 6000, protocol: "tcp" },
    { port: 6001, protocol: "tcp" },
    { port: 6002, protocol: "tcp" },
    { port: 7000, protocol: "udp" },
  ]);
});

test("what a port says of itself beats what servers usually do there", () => {
  expect(endpointPorts({ ports: [{ target: 7777, app_protocol: "http" }] })[0]?.scheme).toBe("http");
  expect(endpointPorts({ ports: [{ target: 8080, name: "https" }] })[0]?.scheme).toBe("https");
  expect(endpointPorts({ expose: ["443"] })[0]?.scheme).toBe("https");
  expect(endpointPorts({ expose: ["8080/udp"] })[0]).not.toHaveProperty("scheme");
});

test("the user is told where a port that the project moved is found", () => {
  const { notices } = isolateWith(
    specOf({
      web: {
        image: "nginx",
        ports: [
          { target: 80, published: "8080" },
          { target: 90, published: "90" },
        ],
      },
    }),
  );
  expect(notices.map(({ message }) => message)).toEqual([
    "web: port 8080 of this machine is not taken; use web.agent-1.test:80",
  ]);
});

test("a hostile range of ports costs little", () => {
  expect(endpointPorts({ expose: ["1-65535"] })).toHaveLength(1024);
});
