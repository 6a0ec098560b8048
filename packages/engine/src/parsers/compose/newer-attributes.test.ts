import { expect, test } from "vitest";
import { parseProject } from "./testing/memory.ts";

test("attributes of newer specifications than the reference's are carried", () => {
  const spec = parseProject(`
models: {llm: {model: ai/x, context_size: 1024}}
services:
  a:
    image: x
    models: [llm]
    use_api_socket: true
    pull_policy: daily
    pre_start: [{command: echo hi, per_replica: true}]
    networks: {default: {interface_name: eth9}}
    volumes: [{type: image, source: img, target: /i, image: {subpath: s}}]
    build: {context: ., provenance: true, sbom: "x", no_cache_filter: [s]}
    develop: {watch: [{path: ., action: sync, target: /w, initial_sync: true, include: ["*.ts"]}]}
  p:
    provider: {type: cloud, options: {size: 5}}
`);
  expect(spec.other).toEqual({ models: { llm: { model: "ai/x", context_size: 1024 } } });
  expect(spec.services["a"]).toMatchObject({
    models: { llm: null },
    use_api_socket: true,
    pull_policy: "daily",
    pre_start: [{ command: ["echo", "hi"], per_replica: true }],
    networks: { default: { interface_name: "eth9" } },
    volumes: [{ type: "image", source: "img", target: "/i", image: { subpath: "s" } }],
    build: { provenance: true, sbom: "x", no_cache_filter: ["s"] },
    develop: { watch: [{ initial_sync: true, include: ["*.ts"] }] },
  });
  expect(spec.services["p"]).toMatchObject({ provider: { type: "cloud", options: { size: 5 } } });
});

test("what the reference reads but loses is carried: extensions of a service, options of ipam", () => {
  const spec = parseProject(
    "services: {a: {image: x, x-team: blue, networks: [n]}}\nnetworks: {n: {ipam: {options: {a: b}}}}\n",
  );
  expect(spec.services["a"]).toMatchObject({ "x-team": "blue" });
  expect(spec.networks?.["n"]).toMatchObject({ ipam: { options: { a: "b" } } });
});
