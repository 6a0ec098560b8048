import { expect, test } from "vitest";
import { testHost } from "./support/testbed.ts";

test("a machine runs containers of its own engine, which no other host has", async () => {
  const machine = await testHost("machine-1");
  expect(await machine.sh("docker run --rm busybox echo nested")).toBe("nested");
  const elsewhere = await testHost("laptop-1");
  expect(await elsewhere.sh("command -v docker dockerd podman || echo none")).toBe("none");
});

test("a cut link lets nothing pass, leaves the others alone, and is healed", async () => {
  const [laptop, server] = [await testHost("laptop-1"), await testHost("server")];
  const reaches = async (name: string): Promise<boolean> =>
    (await laptop.exec(["ping", "-c", "1", "-W", "1", name], { user: "root" })).exitCode === 0;
  await laptop.cut("machine-1");
  expect([await reaches("machine-1"), await reaches("machine-2")]).toEqual([false, true]);
  await laptop.heal();
  expect(await reaches("machine-1")).toBe(true);
  await server.cut();
  expect([await reaches("server"), await reaches("machine-1")]).toEqual([false, true]);
});

test("a machine that was killed comes back with its disks and its address", async () => {
  const [machine, server] = [await testHost("machine-2"), await testHost("server")];
  await machine.sh("echo kept >/var/tmp/kept && sync");
  await machine.kill();
  expect((await server.exec(["ping", "-c", "1", "-W", "1", machine.address])).exitCode).not.toBe(0);
  await machine.restart();
  expect(await machine.sh("cat /var/tmp/kept && rm /var/tmp/kept")).toBe("kept");
  expect(await machine.sh("docker run --rm busybox echo again")).toBe("again");
  expect((await server.exec(["ping", "-c", "1", "-W", "1", machine.address])).exitCode).toBe(0);
});

test("a laptop has a resolver of its own and a user who may do what `cilo init` asks for, and no more", async () => {
  for (const name of ["laptop-1", "laptop-2"] as const) {
    const laptop = await testHost(name);
    expect(await laptop.ok(["id", "-un"])).toBe("dev");
    expect(await laptop.sh("getent hosts server")).toContain("server");
    expect(await laptop.sh("sudo -n cilo init --help")).toContain("--undo");
    expect((await laptop.exec(["sudo", "-n", "id"])).exitCode).toBe(1);
  }
});
