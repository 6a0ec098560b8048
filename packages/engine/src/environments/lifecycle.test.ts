import { expect, test } from "vitest";
import { createBench } from "./testing.ts";

const SHOP = `
services:
  web:
    image: nginx
    ports: [{ target: 80, published: "8080" }]
    networks: { default: null }
    depends_on: { db: { condition: service_healthy } }
  db:
    image: postgres
    networks: { default: null }
    healthcheck: { test: [CMD, "true"] }
    volumes: [{ type: volume, source: data, target: /data }]
networks: { default: null }
volumes: { data: null }
`;

test("up makes an environment whose services answer by name, and destroy leaves nothing of it", async () => {
  await using bench = await createBench(SHOP);
  const { runtime, names, environments } = bench;
  const before = await bench.filesOfHome();
  const result = await bench.up("dev");
  expect(result).toMatchObject({
    created: true,
    changed: true,
    status: { environment: "dev", project: "shop", state: "running", services: { total: 2, running: 2 } },
  });
  expect(names.of("dev")).toEqual({ web: [expect.any(String)], db: [expect.any(String)] });
  await environments.destroy("dev", { keepWorkspace: false, force: false }, bench.context());
  expect(runtime.objects(result.status.composeProject)).toEqual([]);
  expect(names.published.size).toBe(0);
  expect(await bench.addresses.owners()).toEqual(new Map());
  expect(await bench.filesOfHome()).toEqual(before);
  expect(await environments.list(bench.context())).toEqual([]);
});
