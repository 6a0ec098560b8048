import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

/** Runs in a network of its own: a VPN on `vpn0`, whose routes stand in a table of their own, and a LAN on `lan0`. */
async function clashesWith(wanted: readonly string[], device: string): Promise<unknown> {
  const script = `
    import { findRouteClashes, refuseRouteClashes } from "${join(import.meta.dirname, "../index.ts")}";
    const options = { device: ${JSON.stringify(device)}, env: process.env, signal: AbortSignal.timeout(60_000) };
    const wanted = ${JSON.stringify(wanted)};
    const refusal = await refuseRouteClashes(wanted, options).then(() => "none", (error) => error.code + " " + error.message);
    console.log(JSON.stringify({ clashes: await findRouteClashes(wanted, options), refusal }));`;
  const network = [
    "ip link add vpn0 type bridge && ip link set vpn0 up",
    "ip route add 10.224.0.0/16 dev vpn0 table 52",
    "ip link add cilo1 type bridge && ip addr add 10.226.0.1/24 dev cilo1 && ip link set cilo1 up",
  ].join(" && ");
  const asUser = process.getuid?.() === 0 ? [] : ["--map-root-user"];
  const run = ["sh", "-c", `${network} && exec "$0" "$@"`, process.execPath, "--input-type=module", "-e", script];
  const { stdout } = await promisify(execFile)("unshare", [...asUser, "--net", ...run], {
    cwd: import.meta.dirname,
    env: { PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
  });
  return JSON.parse(stdout);
}

test("a VPN's route in a table of its own is found, and named with its interface", async () => {
  expect(await clashesWith(["10.224.1.0/27", "10.225.0.0/27"], "cilo0")).toEqual({
    clashes: [{ wanted: "10.224.1.0/27", route: "10.224.0.0/16", device: "vpn0" }],
    refusal: "ROUTE_TAKEN 10.224.1.0/27 cannot be reached: this machine has a route to 10.224.0.0/16 through vpn0",
  });
});

test("the interface's own routes are no clash", async () => {
  expect(await clashesWith(["10.226.0.0/27"], "cilo1")).toEqual({ clashes: [], refusal: "none" });
  expect(await clashesWith(["10.226.0.0/27"], "cilo0")).toMatchObject({
    clashes: [{ wanted: "10.226.0.0/27", route: "10.226.0.0/24", device: "cilo1" }],
  });
});
