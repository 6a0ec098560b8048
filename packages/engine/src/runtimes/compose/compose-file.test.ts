import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { ComposeDocument } from "../../isolation/isolated-spec.ts";
import { composeVariables, renderComposeFile } from "./compose-file.ts";

const minimal: ComposeDocument = { name: "cilo_shop_dev", services: {} };

describe("the generated Compose file", () => {
  test("reads like one that a person wrote", () => {
    const text = renderComposeFile({
      name: "cilo_shop_dev",
      services: {
        web: {
          image: "nginx:1.27",
          command: ["nginx", "-g", "daemon off;"],
          environment: { PRICE: "5$", DEBUG: "true", EMPTY: null },
          ports: [{ target: 80, published: "8080" }],
          volumes: [],
        },
      },
      networks: { default: { ipam: { config: [{ subnet: "10.223.0.0/26" }] } } },
      volumes: { data: null },
      other: { "x-note": "a: b" },
    });
    expect(text).toBe(`name: cilo_shop_dev
services:
  web:
    image: nginx:1.27
    command:
      - nginx
      - "-g"
      - "daemon off;"
    environment:
      PRICE: "5$$"
      DEBUG: "true"
      EMPTY: null
    ports:
      - target: 80
        published: "8080"
    volumes: []
networks:
  default:
    ipam:
      config:
        - subnet: "10.223.0.0/26"
volumes:
  data: null
x-note: "a: b"
`);
  });

  test("doubles each dollar sign of a value and none of a key", () => {
    const text = renderComposeFile({ ...minimal, other: { "x-$a": { $b: ["$c", { d: "$$" }] } } });
    expect(parse(text)).toMatchObject({ "x-$a": { $b: ["$$c", { d: "$$$$" }] } });
  });

  test("gives back any value whatever it is made of", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()), (extension) => {
        const withoutDollars: unknown = JSON.parse(JSON.stringify(extension).replaceAll("$", "S"));
        const text = renderComposeFile({ ...minimal, other: { "x-any": json(withoutDollars) } });
        expect(parse(text, { maxAliasCount: 0 })["x-any"]).toEqual(withoutDollars);
      }),
    );
  });

  test("is the same text for equal documents", () => {
    const document: ComposeDocument = { ...minimal, services: { web: { image: "a", labels: { b: "1", a: "2" } } } };
    expect(renderComposeFile(structuredClone(document))).toBe(renderComposeFile(document));
  });

  test("keeps keys that are too long for one line", () => {
    const key = "k".repeat(5000);
    const text = renderComposeFile({ ...minimal, services: { web: { labels: { [key]: "v" } } } });
    expect(parse(text)).toMatchObject({ services: { web: { labels: { [key]: "v" } } } });
  });

  test("reads secrets from variables that no program on the host obeys", () => {
    const text = renderComposeFile({
      ...minimal,
      secrets: { s: { environment: "LD_PRELOAD" }, f: { file: "/key" } },
      configs: { c: { environment: "PATH" } },
    });
    expect(parse(text)).toMatchObject({
      secrets: { s: { environment: "CILO_VALUE_LD_PRELOAD" }, f: { file: "/key" } },
      configs: { c: { environment: "CILO_VALUE_PATH" } },
    });
    expect(composeVariables({ LD_PRELOAD: "x", PATH: "y" })).toEqual({
      CILO_VALUE_LD_PRELOAD: "x",
      CILO_VALUE_PATH: "y",
    });
  });
});

function json(value: unknown): NonNullable<ComposeDocument["other"]>[string] {
  return JSON.parse(JSON.stringify(value));
}
