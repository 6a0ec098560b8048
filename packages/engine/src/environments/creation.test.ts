import { CiloError } from "@cilo/base";
import { describe, expect, test } from "vitest";
import type { ProgressEvent } from "./environments.ts";
import { SHOP, shop, writeShop, failure, upsOf } from "./testing-shop.ts";

describe("a creation", () => {
  test("whose service ends with a failure says which, how and its last words, and leaves nothing", async () => {
    await using bench = await shop();
    bench.runtime.behave("db", { exitAfterMs: 1, exitCode: 7, output: ["data directory has wrong ownership"] });
    const error = await failure(bench.up("dev"));
    expect(error).toMatchObject({
      code: "SERVICE_EXITED",
      message: "db ended with status 7: data directory has wrong ownership",
      hint: "To look into it, bring it up without waiting: cilo up dev --no-wait",
    });
    expect(await bench.environments.list(bench.context())).toEqual([]);
  });

  test("that is not ready in time says what was not", async () => {
    await using bench = await shop();
    bench.runtime.behave("db", { healthyAfterMs: 60_000 });
    const error = await failure(bench.up("dev", { timeoutMs: 150 }));
    expect(error).toMatchObject({ code: "UP_TIMEOUT", message: "dev was not ready after 0.15 s: db (starting)" });
    expect(await bench.environments.list(bench.context())).toEqual([]);
  });

  test("without waiting returns while services are still becoming healthy", async () => {
    await using bench = await shop();
    bench.runtime.behave("db", { healthyAfterMs: 60_000 });
    const { status } = await bench.up("dev", { wait: false });
    expect(status.serviceStatus.map(({ service, state }) => [service, state])).toContainEqual(["db", "starting"]);
    expect(bench.names.of("dev")["db"]).toEqual([expect.any(String)]);
  });

  test("publishes a name as soon as its container has started, before it is healthy", async () => {
    await using bench = await shop();
    bench.runtime.behave("db", { healthyAfterMs: 400 });
    const seen: string[][] = [];
    const onEvent = (event: ProgressEvent): void => {
      if (event.kind === "service" && event.service === "db")
        seen.push([event.state, ...(bench.names.of("dev")["db"] ?? [])]);
    };
    const up = bench.up("dev", {}, { onEvent });
    await expect.poll(() => bench.names.of("dev")["db"] ?? []).toHaveLength(1);
    expect(seen.map(([state]) => state)).not.toContain("healthy");
    await up;
    expect(seen.map(([state]) => state)).toContain("healthy");
  });

  test("of a project that is wrong, or with an engine that does not answer, makes nothing", async () => {
    await using bench = await shop();
    const before = await bench.filesOfHome();
    bench.runtime.setReachable(false);
    expect((await failure(bench.up("dev"))).code).toBe("ENGINE_UNREACHABLE");
    bench.runtime.setReachable(true);
    await bench.write("compose.yaml", "services: 3");
    expect((await failure(bench.up("dev"))).code).toBe("PROJECT_INVALID");
    expect(await bench.filesOfHome()).toEqual(before);
    expect(bench.runtime.calls).toEqual([]);
  });

  test("whose hostname is refused starts nothing and leaves nothing", async () => {
    await using bench = await shop();
    await writeShop(
      bench,
      SHOP.replace("    image: nginx\n", "    image: nginx\n    labels: { cilo.hostnames: refused.test }\n"),
    );
    expect((await failure(bench.up("dev"))).code).toBe("HOSTNAME_REFUSED");
    expect(upsOf(bench)).toBe(0);
    expect(await bench.environments.list(bench.context())).toEqual([]);
  });

  test("takes another block when the engine finds one taken", async () => {
    await using bench = await shop();
    let refusals = 2;
    const up = bench.runtime.up.bind(bench.runtime);
    const blocks: string[] = [];
    bench.runtime.up = async (target, spec, options) => {
      blocks.push(JSON.stringify(spec.document.networks?.["default"]?.ipam?.config?.[0]?.subnet));
      if (refusals-- > 0) throw new CiloError("SUBNET_TAKEN", "Pool overlaps");
      await up(target, spec, options);
    };
    const { status } = await bench.up("dev");
    expect(new Set(blocks).size).toBe(3);
    expect(status.state).toBe("running");
    expect((await bench.addresses.owners()).size).toBe(1);
  });
});
