import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { environmentPaths, operationMarkerPath } from "./home.ts";
import { beginOperation } from "./operation.ts";
import { type OrphanSources, findOrphans } from "./orphans.ts";
import type { Bench } from "./testing.ts";
import { shop } from "./testing-shop.ts";

const paths = (bench: Bench) => environmentPaths(bench.home, { project: "shop", environment: "dev" });

/** What doctor does, and what it finds afterwards. */
async function mend(
  bench: Bench,
  sources: OrphanSources = {},
): Promise<{ found: string[]; done: string[]; left: number }> {
  const { signal } = bench.context();
  const orphans = await findOrphans(bench.deps, { ...sources, signal });
  const done: string[] = [];
  for (const orphan of orphans) done.push((await orphan.fix?.(signal)) ?? "");
  const left = await findOrphans(bench.deps, { ...sources, signal });
  return { found: orphans.map((orphan) => orphan.message), done, left: left.length };
}

describe("doctor", () => {
  test("finds nothing where all is well, nor what a running command is about", async () => {
    await using bench = await shop();
    await bench.up("dev");
    await mkdir(paths(bench).folder.replace(/dev$/u, "half"), { recursive: true });
    await using _ = await beginOperation(bench.home, "half", bench.context());
    expect(await findOrphans(bench.deps, { signal: bench.context().signal })).toEqual([]);
  });

  test("removes what is at the engine for an environment whose folder was removed by hand", async () => {
    await using bench = await shop();
    const { status } = await bench.up("dev");
    await bench.up("other");
    const before = bench.runtime.objects(`cilo_shop_other_${bench.home.id}`);
    await rm(paths(bench).folder, { recursive: true });
    const { found, done, left } = await mend(bench);
    expect(found).toEqual([expect.stringContaining("belong to no environment")]);
    expect([done, left]).toEqual([["removed them"], 0]);
    expect(bench.runtime.objects(status.composeProject)).toEqual([]);
    expect(bench.runtime.objects(`cilo_shop_other_${bench.home.id}`)).toEqual(before);
  });

  test("touches nothing of another home on the same engine", async () => {
    await using bench = await shop();
    await using other = await shop();
    const { status } = await bench.up("dev");
    const strange = { ...other.deps, runtimes: () => bench.runtime };
    expect(await findOrphans(strange, { signal: bench.context().signal })).toEqual([]);
    expect(bench.runtime.objects(status.composeProject)).not.toEqual([]);
  });

  test("removes a folder without a record, and temporary files of processes that are gone", async () => {
    await using bench = await shop();
    await mkdir(join(`${paths(bench).workspace}.partial`, "deep"), { recursive: true });
    await mkdir(join(bench.home.root, "blocks"), { recursive: true });
    await writeFile(join(bench.home.root, "blocks", "10.0.0.0.4194304.0123abcd.tmp"), "");
    const { found, left } = await mend(bench);
    expect(found).toHaveLength(2);
    expect(left).toBe(0);
    expect(await readdir(dirname(dirname(paths(bench).folder)))).toEqual([]);
  });

  test("tells of a killed command on an environment that is there", async () => {
    await using bench = await shop();
    await bench.up("dev");
    await writeFile(operationMarkerPath(bench.home, "dev"), "1\n");
    const { found, left } = await mend(bench);
    expect(found).toEqual(["a command on dev was killed"]);
    expect(left).toBe(0);
  });

  test("gives back blocks and names of environments that are gone", async () => {
    await using bench = await shop();
    await bench.up("dev");
    const blocks = [
      { block: "10.99.7.0/24", owner: "shop/gone" },
      { block: "10.99.8.0/24", owner: "shop/dev" },
    ];
    bench.names.published.set("gone", []);
    const sources: OrphanSources = {
      addresses: {
        orphanBlocks: async (owners) => blocks.filter((block) => !owners.includes(block.owner)),
        releaseBlock: async (block) => void blocks.splice(blocks.indexOf(block), 1),
      },
      names: {
        published: async () =>
          [...bench.names.published.keys()].map((environment) => ({ project: "shop", environment })),
        withdraw: (who, options) => bench.names.withdraw(who, options),
      },
    };
    const { done, left } = await mend(bench, sources);
    expect([done, left]).toEqual([["gave it back", "withdrew them"], 0]);
    expect(blocks.map((block) => block.owner)).toEqual(["shop/dev"]);
    expect([...bench.names.published.keys()]).toEqual(["dev"]);
  });

  test("looks at files alone where the engine does not answer", async () => {
    await using bench = await shop();
    await bench.up("dev");
    bench.runtime.setReachable(false);
    expect(await findOrphans(bench.deps, { signal: bench.context().signal })).toEqual([]);
  });
});
