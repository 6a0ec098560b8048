import { describe, expect, test } from "vitest";
import { containerName, containerStatus } from "./containers.ts";
import { ContainerList, type ListedContainer } from "./responses.ts";

function listed(more: Partial<ListedContainer> = {}): ListedContainer {
  return {
    Id: "a".repeat(64),
    Names: ["/shop-web-1"],
    Labels: { "com.docker.compose.service": "web", "com.docker.compose.container-number": "2" },
    State: "running",
    Status: "Up 2 seconds",
    NetworkSettings: { Networks: { shop: { IPAddress: "10.223.0.2" } } },
    ...more,
  };
}

describe("a listed container", () => {
  test("is read as the engine tells it", () => {
    expect(containerStatus(listed())).toEqual({
      id: "a".repeat(64),
      containerName: "shop-web-1",
      service: "web",
      index: 2,
      state: "running",
      addresses: { shop: "10.223.0.2" },
    });
  });

  test.each([
    ["Up 2 seconds (healthy)", "healthy"],
    ["Up 5 minutes (unhealthy)", "unhealthy"],
    ["Up Less than a second (health: starting)", "starting"],
    ["Up 3 hours", undefined],
    ["Up 3 hours (Paused)", undefined],
  ])("that is %s has health %s", (Status, health) => {
    expect(containerStatus(listed({ Status }))?.health).toBe(health);
  });

  test("has its health from the field of newer engines where there is one", () => {
    expect(containerStatus(listed({ Health: { Status: "healthy" } }))?.health).toBe("healthy");
    expect(containerStatus(listed({ Health: { Status: "none" } }))).not.toHaveProperty("health");
  });

  test.each([
    ["exited", "Exited (0) 1 second ago", 0],
    ["exited", "Exited (137) About a minute ago", 137],
    ["restarting", "Restarting (3) 2 seconds ago", 3],
    ["running", "Up 2 seconds", undefined],
    ["created", "Created", undefined],
  ])("that is %s with %j has exit code %s", (State, Status, exitCode) => {
    expect(containerStatus(listed({ State, Status }))?.exitCode).toBe(exitCode);
  });

  test.each([
    ["stopped", "exited"],
    ["configured", "created"],
    ["stopping", "running"],
    ["some new word", "dead"],
  ])("in Podman's or an unknown state %j counts as %s", (State, state) => {
    expect(containerStatus(listed({ State }))?.state).toBe(state);
  });

  test("exposes each port once, however often it is published", () => {
    const Ports = [
      { PrivatePort: 5432, Type: "tcp" },
      { PrivatePort: 53, Type: "udp", PublicPort: 53, IP: "0.0.0.0" },
      { PrivatePort: 53, Type: "udp", PublicPort: 53, IP: "::" },
      { PrivatePort: 9, Type: "sctp" },
    ];
    expect(containerStatus(listed({ Ports }))?.exposed).toEqual([
      { port: 53, protocol: "udp" },
      { port: 5432, protocol: "tcp" },
    ]);
  });

  test("that does not run has no addresses, whatever the engine remembers", () => {
    expect(containerStatus(listed({ State: "exited", Status: "Exited (0) now" }))?.addresses).toEqual({});
  });

  test("of docker compose run is none of a service", () => {
    const labels = { ...listed().Labels, "com.docker.compose.oneoff": "True" };
    expect(containerStatus(listed({ Labels: labels }))).toBeUndefined();
  });

  test("is called by its own name, not by what others link to it as", () => {
    expect(containerName({ Id: "x", Names: ["/other/alias", "/shop-web-1"] })).toBe("shop-web-1");
  });

  test("may lack what an engine leaves out or adds", () => {
    const [container] = ContainerList.parse([
      { Id: "x", Labels: null, State: "created", Status: "Created", NetworkSettings: null, New: { field: 1 } },
    ]);
    expect(container?.Labels).toEqual({});
  });
});
