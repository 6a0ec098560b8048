import { rm } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { EngineCode } from "../errors.ts";
import type { Service } from "../spec/spec.ts";
import { environment, isIn, type RuntimeSubject, signal, testSubnet } from "./conformance-environment.ts";
import type { RuntimeEvent } from "./runtime.ts";

export type { RuntimeSubject } from "./conformance-environment.ts";

/**
 * The promises of the {@link Runtime} port, as tests. Every implementation runs them; `x-fake` is what the in-memory
 * runtime goes by, and no engine reads it.
 */
export function runtimeConformance(name: string, subject: RuntimeSubject): void {
  const { image } = subject;
  const runs = (more: Partial<Service> = {}): Service => ({
    image,
    command: ["sleep", "600"],
    init: true,
    networks: { main: null },
    volumes: [{ type: "volume", source: "data", target: "/data" }],
    ...more,
  });
  const exits = (code: number): Service =>
    runs({ command: ["sh", "-c", `exit ${code}`], "x-fake": { exitCode: code } });
  const becomes = (health: "healthy" | "unhealthy"): Service =>
    runs({
      healthcheck: { test: ["CMD", health === "healthy" ? "true" : "false"], interval: "200ms", retries: 1 },
      "x-fake": health === "healthy" ? { healthyAfterMs: 20 } : { unhealthyAfterMs: 20 },
    });

  describe(`${name} keeps the promises of a runtime`, () => {
    describe("up", () => {
      test("starts every service and gives each an address in its network", async () => {
        const { up, containers, network, inSubnet } = await environment(subject);
        await up({ web: runs(), db: runs() });
        const found = await containers();
        expect(found.map(({ service, index, state }) => `${service} ${index} ${state}`)).toEqual([
          "db 1 running",
          "web 1 running",
        ]);
        const addresses = found.map(({ addresses }) => addresses[network] ?? "");
        expect(addresses.every(inSubnet)).toBe(true);
        expect(new Set(addresses).size).toBe(2);
      });

      test("changes nothing when it is repeated", async () => {
        const { up, ids } = await environment(subject);
        await up({ web: runs(), db: runs() });
        const before = await ids();
        await up({ web: runs(), db: runs() });
        expect(await ids()).toEqual(before);
      });

      test("replaces only the service that was edited", async () => {
        const { up, ids } = await environment(subject);
        await up({ web: runs(), db: runs() });
        const before = await ids();
        await up({ web: runs({ environment: { COLOUR: "blue" } }), db: runs() });
        const after = await ids();
        expect(after["db 1"]).toBe(before["db 1"]);
        expect(after["web 1"]).not.toBe(before["web 1"]);
      });

      test("replaces every service when asked to recreate", async () => {
        const { up, ids } = await environment(subject);
        await up({ web: runs() });
        const before = await ids();
        await up({ web: runs() }, { recreate: true });
        expect((await ids())["web 1"]).not.toBe(before["web 1"]);
      });

      test("removes the containers of services that are no longer wanted", async () => {
        const { up, ids } = await environment(subject);
        await up({ web: runs({ scale: 2 }), db: runs() });
        expect(Object.keys(await ids())).toEqual(["db 1", "web 1", "web 2"]);
        await up({ web: runs({ scale: 1 }) });
        expect(Object.keys(await ids())).toEqual(["web 1"]);
      });

      test("creates without starting, and starts what was created", async () => {
        const { up, containers } = await environment(subject);
        await up({ web: runs() }, { createOnly: true });
        expect((await containers()).map(({ state, addresses }) => [state, addresses])).toEqual([["created", {}]]);
        await up({ web: runs() });
        expect((await containers()).map(({ state }) => state)).toEqual(["running"]);
      });

      test("starts again what has ended", async () => {
        const { up, containers, until } = await environment(subject);
        await up({ web: exits(3) });
        await until("web", ({ state }) => state === "exited");
        await up({ web: runs() });
        expect((await containers()).map(({ state }) => state)).toEqual(["running"]);
      });

      test("moves its containers when a network gets another subnet, and keeps their data", async () => {
        const { up, containers, network } = await environment(subject);
        const services = { web: runs(), db: runs({ volumes: [{ type: "volume", target: "/var/data" }] }) };
        await up(services);
        const subnet = testSubnet();
        await up(services, { subnet });
        const after = await containers();
        expect(after.map(({ service, state }) => `${service} ${state}`)).toEqual(["db running", "web running"]);
        expect(after.every(({ addresses }) => isIn(addresses[network] ?? "", subnet))).toBe(true);
      });

      test("starts a service once what it depends on is healthy, or has ended well", async () => {
        const { up, listen } = await environment(subject);
        const events = await listen();
        await up({
          web: runs({
            depends_on: {
              db: { condition: "service_healthy" },
              job: { condition: "service_completed_successfully" },
            },
          }),
          db: becomes("healthy"),
          job: exits(0),
        });
        await events.until(({ kind, service }) => kind === "start" && service === "web");
        await events.stop();
        const order = events.all.map(({ kind, service }) => `${service} ${kind}`);
        expect(order.indexOf("web start")).toBeGreaterThan(order.indexOf("db health"));
        expect(order.indexOf("web start")).toBeGreaterThan(order.indexOf("job die"));
      });

      test("fails when what others wait for becomes unhealthy or fails", async () => {
        const { up } = await environment(subject);
        const web = (condition: string): Service => runs({ depends_on: { dep: { condition } } });
        await expect(up({ dep: becomes("unhealthy"), web: web("service_healthy") })).rejects.toMatchObject({
          code: EngineCode.serviceUnhealthy,
        });
        await expect(up({ dep: exits(4), web: web("service_completed_successfully") })).rejects.toMatchObject({
          code: EngineCode.serviceExited,
        });
      });

      test("returns before the services are healthy", async () => {
        const { up, containers } = await environment(subject);
        const slow = { test: ["CMD", "true"], interval: "1h", start_period: "1h" };
        await up({ web: runs({ healthcheck: slow, "x-fake": { healthyAfterMs: 3_600_000 } }) });
        expect((await containers()).map(({ health }) => health)).toEqual(["starting"]);
      });

      test("touches nothing when an image cannot be had", async () => {
        const { up, ids, objects } = await environment(subject);
        const missing = runs({ image: "localhost:1/cilo-no-such-image:1", "x-fake": { failPull: "no such image" } });
        await expect(up({ web: runs(), db: missing })).rejects.toMatchObject({ code: EngineCode.imageUnavailable });
        expect(await objects()).toEqual([]);
        await up({ web: runs() });
        const before = await ids();
        const edited = { web: runs({ environment: { A: "1" } }), db: missing };
        await expect(up(edited)).rejects.toMatchObject({ code: EngineCode.imageUnavailable });
        expect(await ids()).toEqual(before);
      });

      test("tells a taken subnet from other failures", async () => {
        const first = await environment(subject);
        await first.up({ web: runs() });
        const second = await environment(subject, { subnet: first.subnet });
        await expect(second.up({ web: runs() })).rejects.toMatchObject({ code: EngineCode.subnetTaken });
      });

      test("stops when it is told to, with the reason it was given", async () => {
        const { up, runtime, project, objects } = await environment(subject);
        const abort = new AbortController();
        const reason = new Error("changed my mind");
        const slow = { web: runs({ "x-fake": { startMs: 5000 } }) };
        const going = up(slow, { signal: abort.signal, onProgress: () => abort.abort(reason) });
        await expect(going).rejects.toBe(reason);
        await runtime.destroy(project, { signal: signal() });
        expect(await objects()).toEqual([]);
      });
    });

    describe("status", () => {
      test("tells healthy from unhealthy, and from having no healthcheck", async () => {
        const { up, containers, until } = await environment(subject);
        await up({ good: becomes("healthy"), bad: becomes("unhealthy"), none: runs() });
        await until("good", ({ health }) => health === "healthy");
        await until("bad", ({ health }) => health === "unhealthy");
        expect((await containers()).find(({ service }) => service === "none")).not.toHaveProperty("health");
      });

      test("tells with what status a service ended", async () => {
        const { up, until } = await environment(subject);
        await up({ good: exits(0), bad: exits(3) });
        expect((await until("good", ({ state }) => state === "exited")).exitCode).toBe(0);
        const bad = await until("bad", ({ state }) => state === "exited");
        expect(bad.exitCode).toBe(3);
        expect(bad.addresses).toEqual({});
      });

      test("tells since when a container runs", async () => {
        const { up, runtime, project } = await environment(subject);
        const before = Date.now();
        await up({ web: runs() });
        const status = await runtime.status({ composeProject: project, details: true }, { signal: signal() });
        const startedAt = status.environments.get(project)?.[0]?.startedAt ?? 0;
        expect(startedAt).toBeGreaterThanOrEqual(before - 1000);
        expect(startedAt).toBeLessThanOrEqual(Date.now() + 1000);
      });

      test("knows the environments of one home from those of another", async () => {
        const mine = await environment(subject);
        const other = await environment(subject);
        await mine.up({ web: runs() });
        await other.up({ web: runs() });
        const { environments } = await mine.runtime.status({ home: mine.home }, { signal: signal() });
        expect([...environments.keys()]).toEqual([mine.project]);
      });

      test("is empty for a project that is not there", async () => {
        const { containers } = await environment(subject);
        expect(await containers()).toEqual([]);
      });
    });

    describe("events", () => {
      test("come for everything that happens after the subscription, and end with the signal", async () => {
        const { up, listen, runtime, project, containers } = await environment(subject);
        const events = await listen();
        await up({ web: becomes("healthy"), job: exits(3) });
        const web = (await containers()).find(({ service }) => service === "web");
        await events.until(({ kind, service }) => kind === "start" && service === "web");
        await events.until(
          ({ kind, service, health }) => kind === "health" && service === "web" && health === "healthy",
        );
        await events.until(({ kind, service, exitCode }) => kind === "die" && service === "job" && exitCode === 3);
        await runtime.destroy(project, { signal: signal() });
        await events.until(({ kind, service }) => kind === "destroy" && service === "web");
        await events.stop();
        const started = events.all.find(({ kind, service }) => kind === "start" && service === "web");
        expect(started?.containerId).toBe(web?.id);
        expect(Math.abs((started?.at ?? 0) - Date.now())).toBeLessThan(60_000);
      });

      test("find the container with its address already there", async () => {
        const { up, listen, containers, network, inSubnet } = await environment(subject);
        const events = await listen();
        const starting = up({ web: runs() });
        const { containerId } = await events.until(({ kind }) => kind === "start");
        const container = (await containers()).find(({ id }) => id === containerId);
        expect(inSubnet(container?.addresses[network] ?? "")).toBe(true);
        await starting;
        await events.stop();
      });

      test("are those of one project alone", async () => {
        const mine = await environment(subject);
        const other = await environment(subject);
        const events = await mine.listen();
        await other.up({ web: runs() });
        await mine.up({ db: runs() });
        await events.until(({ kind }) => kind === "start");
        await events.stop();
        expect(new Set(events.all.map(({ service }) => service))).toEqual(new Set(["db"]));
      });

      test("are none when the signal has aborted before", async () => {
        const { runtime, project } = await environment(subject);
        const seen: RuntimeEvent[] = [];
        for await (const event of runtime.events(project, { signal: AbortSignal.abort() })) seen.push(event);
        expect(seen).toEqual([]);
      });
    });

    describe("down", () => {
      test("removes containers and networks and keeps volumes", async () => {
        const { up, runtime, target, objects, kinds } = await environment(subject);
        await up({ web: runs() });
        expect(await kinds()).toEqual(["container", "network", "volume"]);
        await runtime.down(target, { signal: signal() });
        expect(await kinds()).toEqual(["volume"]);
        const kept = await objects();
        await runtime.down(target, { signal: signal() });
        await up({ web: runs() });
        expect(await objects()).toEqual(expect.arrayContaining(kept));
      });

      test("works when the Compose file is gone", async () => {
        const { up, runtime, target, kinds } = await environment(subject);
        await up({ web: runs() });
        await rm(target.composeFile);
        await runtime.down(target, { signal: signal() });
        expect(await kinds()).toEqual(["volume"]);
      });

      test("keeps the data of a service that stores it in an anonymous volume", async () => {
        const { up, runtime, target, ids, containers } = await environment(subject);
        const db = runs({ volumes: [{ type: "volume", target: "/var/data" }] });
        await up({ db, web: runs() });
        const before = await ids();
        await runtime.down(target, { signal: signal() });
        expect((await containers()).map(({ service, state }) => `${service} ${state}`)).toEqual(["db exited"]);
        await up({ db, web: runs() });
        const after = await containers();
        expect(after.map(({ service, state }) => `${service} ${state}`)).toEqual(["db running", "web running"]);
        expect((await ids())["db 1"]).toBe(before["db 1"]);
      });
    });

    describe("destroy", () => {
      test("leaves nothing, and nothing to do the second time", async () => {
        const { up, runtime, project, target, objects, kinds } = await environment(subject);
        await up({ web: runs(), job: exits(1), ana: runs({ volumes: [{ type: "volume", target: "/var/data" }] }) });
        expect(await kinds()).toEqual(["container", "container", "container", "network", "volume"]);
        await rm(target.composeFile);
        await runtime.destroy(project, { signal: signal() });
        expect(await objects()).toEqual([]);
        await runtime.destroy(project, { signal: signal() });
      });

      test("keeps the other environment's data when one is destroyed", async () => {
        const mine = await environment(subject);
        const other = await environment(subject);
        await mine.up({ web: runs() });
        await other.up({ web: runs() });
        const before = await other.objects();
        await mine.runtime.destroy(mine.project, { signal: signal() });
        expect(await other.objects()).toEqual(before);
        expect((await other.containers()).map(({ state }) => state)).toEqual(["running"]);
      });

      test("detaches containers of others from its networks and leaves them running", async () => {
        const mine = await environment(subject);
        const shared = await environment(subject);
        await mine.up({ web: runs() });
        await shared.up({ cache: runs() });
        const [cache] = await shared.containers();
        await mine.runtime.connect(
          { containerId: cache?.id ?? "", network: mine.network, aliases: ["cache"] },
          { signal: signal() },
        );
        await mine.runtime.destroy(mine.project, { signal: signal() });
        expect(await mine.objects()).toEqual([]);
        const [after] = await shared.containers();
        expect([after?.id, after?.state, Object.keys(after?.addresses ?? {})]).toEqual([
          cache?.id,
          "running",
          [shared.network],
        ]);
      });

      test("ends an up that is under way, and leaves nothing", async () => {
        const { up, runtime, project, objects } = await environment(subject);
        const services = Object.fromEntries(
          Array.from({ length: 6 }, (_, index) => [`s${index}`, runs({ "x-fake": { startMs: 5 } })]),
        );
        const began = Promise.withResolvers<void>();
        const going = up(services, { onProgress: () => began.resolve() }).catch((error: unknown) => error);
        await began.promise;
        await runtime.destroy(project, { signal: signal() });
        await going;
        await runtime.destroy(project, { signal: signal() });
        expect(await objects()).toEqual([]);
      });
    });

    describe("connect", () => {
      test("attaches a container to another project's network, once or twice", async () => {
        const mine = await environment(subject);
        const shared = await environment(subject);
        await mine.up({ web: runs() });
        await shared.up({ cache: runs() });
        const [cache] = await shared.containers();
        const request = { containerId: cache?.id ?? "", network: mine.network, aliases: ["cache"] };
        await mine.runtime.connect(request, { signal: signal() });
        await mine.runtime.connect(request, { signal: signal() });
        await mine.runtime.connect({ ...request, aliases: ["cache", "other"] }, { signal: signal() });
        const [after] = await shared.containers();
        expect(mine.inSubnet(after?.addresses[mine.network] ?? "")).toBe(true);
        expect(shared.inSubnet(after?.addresses[shared.network] ?? "")).toBe(true);
      });

      test("says so when there is no such network", async () => {
        const { up, containers, runtime } = await environment(subject);
        await up({ web: runs() });
        const [web] = await containers();
        const request = { containerId: web?.id ?? "", network: "cilo-no-such-network", aliases: [] };
        await expect(runtime.connect(request, { signal: signal() })).rejects.toMatchObject({
          code: EngineCode.engineFailed,
        });
      });
    });

    describe("disconnect", () => {
      test("takes a container off a network, once or twice", async () => {
        const mine = await environment(subject);
        const shared = await environment(subject);
        await mine.up({ web: runs() });
        await shared.up({ cache: runs() });
        const [cache] = await shared.containers();
        const request = { containerId: cache?.id ?? "", network: mine.network };
        await mine.runtime.connect({ ...request, aliases: ["cache"] }, { signal: signal() });
        await mine.runtime.disconnect(request, { signal: signal() });
        await mine.runtime.disconnect(request, { signal: signal() });
        const [after] = await shared.containers();
        expect(Object.keys(after?.addresses ?? {})).toEqual([shared.network]);
      });
    });

    describe("restart", () => {
      test("starts the containers of a service again and leaves the others alone", async () => {
        const { up, runtime, target, ids, listen } = await environment(subject);
        const services = { web: runs({ depends_on: { db: { condition: "service_started" } } }), db: runs() };
        await up(services);
        const before = await ids();
        const events = await listen();
        await runtime.restart(target, ["db"], { signal: signal() });
        await events.until(({ kind }) => kind === "start");
        await events.stop();
        expect(await ids()).toEqual(before);
        expect(new Set(events.all.map(({ service }) => service))).toEqual(new Set(["db"]));
      });
    });

    describe("tail", () => {
      test("gives the last lines that a service wrote", async () => {
        const { up, runtime, project, until } = await environment(subject);
        const lines = ["one", "two", "three"];
        const command = ["sh", "-c", `printf '%s\\n' ${lines.join(" ")}`];
        await up({ web: runs({ command, "x-fake": { output: lines, exitCode: 0 } }) });
        await until("web", ({ state }) => state === "exited");
        const request = { composeProject: project, service: "web", lines: 2 };
        expect(await runtime.tail(request, { signal: signal() })).toEqual(["two", "three"]);
      });

      test("gives no lines for a service that has no container", async () => {
        const { runtime, project } = await environment(subject);
        const request = { composeProject: project, service: "web", lines: 2 };
        expect(await runtime.tail(request, { signal: signal() })).toEqual([]);
      });
    });

    describe("attach", () => {
      test("refuses to run a command in a service that does not run", async () => {
        const { up, runtime, target } = await environment(subject);
        await up({ web: runs() }, { createOnly: true });
        for (const service of ["web", "nosuch"]) {
          const action = { kind: "exec", service, command: ["true"], tty: false } as const;
          await expect(runtime.attach(target, action, { signal: signal() })).rejects.toMatchObject({
            code: EngineCode.serviceNotRunning,
          });
        }
      });
    });

    describe("inspect", () => {
      test("lists the subnets of networks and the objects that carry our label", async () => {
        const { up, runtime, project, network, subnet, home } = await environment(subject);
        await up({ web: runs() });
        const info = await runtime.inspect({ signal: signal() });
        expect(info.engineVersion).toMatch(/^\d+\.\d+/u);
        expect(info.subnets).toContainEqual({ network, cidr: subnet, composeProject: project });
        const own = info.owned.filter((object) => object.home === home);
        expect(own.map(({ kind, composeProject, shared }) => `${kind} ${composeProject} ${shared}`).sort()).toEqual([
          `container ${project} false`,
          `network ${project} false`,
          `volume ${project} false`,
        ]);
      });
    });
  });
}
