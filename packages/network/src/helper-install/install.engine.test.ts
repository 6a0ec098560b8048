import { join } from "node:path";
import { expect, test } from "vitest";
import { testHost } from "../wireguard/testing-host.ts";
import { PATH, source } from "./testing-helper.ts";

const signal = AbortSignal.timeout(170_000);

/** Keeps what is written to the folder inside the test's machine. */
const apart = (folder: string, name: string): string =>
  `mkdir -p /run/${name}/up /run/${name}/work && mount -t overlay overlay -o lowerdir=${folder},upperdir=/run/${name}/up,workdir=/run/${name}/work ${folder}`;

const SCRIPT = `
  import { createHelperTunnel, findHelper, generateWireGuardKeys, installHelper, removeHelper } from "${join(import.meta.dirname, "../index.ts")}";
  const [step, source] = process.argv.slice(1);
  const signal = AbortSignal.timeout(60_000);
  const env = process.env;
  const pools = ["10.224.0.0/16", "10.225.0.0/16"];
  if (step === "install") console.log(JSON.stringify(await installHelper({ source, pools, env, signal })));
  if (step === "remove") console.log(JSON.stringify(await removeHelper({ env, signal })));
  if (step === "use") {
    const ask = await findHelper();
    if (ask === undefined) console.log(JSON.stringify("none"));
    else {
      const tunnel = createHelperTunnel({ ask, env });
      const { privateKey } = generateWireGuardKeys();
      const outcome = await tunnel.up({ name: "cilo0", privateKey, addresses: ["10.225.0.7/32"] }, signal).then(() => "up", (error) => error.code + " " + error.message);
      console.log(JSON.stringify(outcome));
    }
  }`;

test("installed for the person behind sudo it serves them alone, twice is no failure, and undo leaves nothing", async () => {
  const host = await testHost();
  const run = async (argv: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<string> => {
    const [file = "", ...args] = argv;
    return (await host.run(file, args, { signal, env: { PATH, ...more } })).stdout;
  };
  await run(["sh", "-c", [apart("/etc", "etc"), apart("/usr/local", "local")].join(" && ")]);
  await run(["useradd", "--no-create-home", "alice"]);
  await run(["useradd", "--no-create-home", "bob"]);
  const uid = (await run(["id", "-u", "alice"])).trim();
  const sudo = { SUDO_USER: "alice", SUDO_UID: uid, SUDO_GID: uid };
  const step = async (name: string, as: readonly string[] = []): Promise<unknown> =>
    JSON.parse(
      await run(
        [...as, process.execPath, "--input-type=module", "-e", SCRIPT, "--", name, source],
        as.length === 0 ? sudo : {},
      ),
    );
  const asUser = (user: string): string[] => ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--init-groups", "--"];

  expect(await step("use", asUser("alice"))).toBe("none");
  expect(await step("install")).toEqual({
    form: "setuid",
    files: ["/usr/local/libexec/cilo-helper", "/etc/cilo/helper.conf"],
    joined: "alice",
  });
  expect(await step("install")).not.toHaveProperty("joined");
  expect(await step("use", [...asUser("bob"), "env"])).toContain("TUNNEL_REFUSED this user may not use the helper");
  expect(await step("use", [...asUser("alice"), "env"])).toBe("up");
  expect(await step("remove")).toEqual(["/usr/local/libexec/cilo-helper", "/etc/cilo/helper.conf"]);
  expect(await step("remove")).toEqual([]);
  expect(await run(["sh", "-c", "getent group cilo || true"])).toBe("");
});
