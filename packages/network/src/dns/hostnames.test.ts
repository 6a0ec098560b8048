import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { checkHostnames, takeHostnames, withoutYielded } from "./hostnames.ts";
import { openZoneFiles } from "./zone-files.ts";

const dev = { project: "shop", environment: "dev", suffix: ".test" };
const rules = { suffixes: [".test", ".dev.internal"], others: [{ project: "blog", environment: "other" }] };
const folders: string[] = [];

afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
});

const web = (...hostnames: string[]) => ({
  service: "web",
  label: "web",
  addresses: [{ index: 1, address: "10.9.0.2" }],
  hostnames,
  ingress: true,
});

test.each(["www.test", "web.dev.test", "shop.dev.test", "any.dev.test", "api.dev.internal", "dev.test"])(
  "%s may be a hostname of the environment dev",
  (hostname) => {
    expect(() => checkHostnames(dev, [web(hostname)], rules)).not.toThrow();
  },
);

test.each([
  ["other.test", "environment other of blog"],
  ["x.other.test", "environment other of blog"],
  ["blog.other.test", "environment other of blog"],
  ["x.other.dev.internal", "environment other of blog"],
  ["example.com", "no suffix registered"],
  ["test", "no suffix registered"],
  ["x.mytest", "no suffix registered"],
  ["Upper.test", "not a host name"],
  ["*.dev.test", "not a host name"],
  ["a..test", "not a host name"],
  ["x.test\naddress=/#/6.6.6.6", "not a host name"],
  [".test", "not a host name"],
])("%j is refused: %s", (hostname, why) => {
  expect(() => checkHostnames(dev, [web(hostname)], rules)).toThrow(
    expect.objectContaining({ code: "HOSTNAME_REFUSED", message: expect.stringContaining(why) }),
  );
});

test("a hostname that is another service's own name, or two services want, is refused", () => {
  const api = (...hostnames: string[]) => ({ ...web(...hostnames), service: "api", label: "api", ingress: false });
  for (const hostname of ["web.dev.test", "shop.dev.test", "www.test"])
    expect(() => checkHostnames(dev, [web("www.test"), api(hostname)], rules)).toThrow(
      expect.objectContaining({ code: "HOSTNAME_REFUSED", message: expect.stringContaining("already that of web") }),
    );
});

test("an environment under a suffix that is not registered is refused with the command that registers it", () => {
  expect(() => checkHostnames({ ...dev, suffix: ".local" }, [], rules)).toThrow(
    expect.objectContaining({ code: "HOSTNAME_REFUSED", hint: "cilo init --suffix .local" }),
  );
});

test("a hostname has one owner, is all or nothing with the others wanted, and is free again when dropped", async () => {
  const folder = await mkdtemp(join(tmpdir(), "cilo-hostnames-"));
  folders.push(folder);
  const files = openZoneFiles(folder, {});
  await files.prepare();
  const two = { ...dev, environment: "two" };
  await takeHostnames(files, dev, ["a.test", "b.test"]);
  await expect(takeHostnames(files, two, ["c.test", "a.test"])).rejects.toMatchObject({
    code: "HOSTNAME_REFUSED",
    message: "the hostname a.test belongs to the environment dev of shop",
  });
  expect((await files.hostnames()).map((claim) => claim.hostname).sort()).toEqual(["a.test", "b.test"]);
  await (await takeHostnames(files, dev, ["b.test"])).release();
  await takeHostnames(files, two, ["a.test"]);
});

test("an environment that comes later takes what others have under its name, and they have it again when it is gone", async () => {
  const folder = await mkdtemp(join(tmpdir(), "cilo-hostnames-"));
  folders.push(folder);
  const files = openZoneFiles(folder, {});
  await files.prepare();
  const late = { ...dev, environment: "late" };
  await takeHostnames(files, dev, ["x.late.test", "www.test"]);
  const { yielded } = await takeHostnames(files, late, []);
  expect(yielded).toEqual([{ hostname: "x.late.test", from: "shop/dev" }]);
  const [left] = await withoutYielded(files, dev, [web("x.late.test", "www.test")]);
  expect(left?.hostnames).toEqual(["www.test"]);
  await files.giveHostname("x.late.test");
  const [again] = await withoutYielded(files, dev, [web("x.late.test", "www.test")]);
  expect(again?.hostnames).toEqual(["x.late.test", "www.test"]);
});
