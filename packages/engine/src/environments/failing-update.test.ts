import { CiloError } from "@cilo/base";
import { describe, expect, test } from "vitest";
import { SHOP, shop, writeShop, idOf, failure, composeFile } from "./testing-shop.ts";

describe("an update that fails", () => {
  test("to parse leaves what runs as it is", async () => {
    await using bench = await shop();
    const first = await bench.up("dev");
    const before = await composeFile(bench);
    await bench.write("compose.yaml", "services: 3");
    expect((await failure(bench.up("dev"))).code).toBe("PROJECT_INVALID");
    const status = await bench.environments.status("dev", bench.context());
    expect(status.state).toBe("running");
    expect(idOf(status, "web")).toBe(idOf(first.status, "web"));
    expect(await composeFile(bench)).toBe(before);
  });

  test("to pull or build leaves what runs, and the generated file that says what runs", async () => {
    await using bench = await shop();
    const first = await bench.up("dev");
    const before = await composeFile(bench);
    await writeShop(bench, SHOP.replace("image: nginx", "image: nginx:2"));
    bench.runtime.failNextUp(new CiloError("IMAGE_UNAVAILABLE", "no nginx:2"));
    expect((await failure(bench.up("dev"))).code).toBe("IMAGE_UNAVAILABLE");
    expect(idOf(await bench.environments.status("dev", bench.context()), "web")).toBe(idOf(first.status, "web"));
    expect(await composeFile(bench)).toBe(before);
    const third = await bench.up("dev");
    expect(third.changed).toBe(true);
    expect(idOf(third.status, "web")).not.toBe(idOf(first.status, "web"));
  });

  test("to become healthy is put back to what ran before, with the service's last words in the error", async () => {
    await using bench = await shop();
    await bench.up("dev");
    const before = await composeFile(bench);
    await writeShop(
      bench,
      SHOP.replace(
        "    image: nginx\n",
        "    image: nginx:2\n    x-fake: { unhealthyAfterMs: 5, output: [starting, config is broken] }\n",
      ),
    );
    const error = await failure(bench.up("dev"));
    expect(error.code).toBe("SERVICE_UNHEALTHY");
    expect(error.message).toBe("web is unhealthy: starting; config is broken; what ran before was put back");
    expect(await composeFile(bench)).toBe(before);
    const status = await bench.environments.status("dev", bench.context());
    expect(status.state).toBe("running");
    expect(bench.names.of("dev")["web"]).toEqual([expect.any(String)]);
    await writeShop(bench, SHOP.replace("image: nginx", "image: nginx:3"));
    expect((await bench.up("dev")).changed).toBe(true);
  });

  test("to become healthy without having been changed is not put back", async () => {
    await using bench = await shop();
    const first = await bench.up("dev");
    await writeShop(bench, SHOP.replace("image: nginx", "image: nginx:2"));
    bench.runtime.behave("db", { exitAfterMs: 1, exitCode: 3 });
    bench.runtime.kill(first.status.composeProject, "db", 3);
    const error = await failure(bench.up("dev"));
    expect(error).toMatchObject({ code: "SERVICE_EXITED", message: "db ended with status 3" });
    expect(await composeFile(bench)).toContain("nginx:2");
  });
});
