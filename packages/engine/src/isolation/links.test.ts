import { expect, test } from "vitest";
import { isolateWith, noticeCodes, specOf } from "./testing.ts";

test("a link becomes a dependency and a name on the common network", () => {
  const isolated = isolateWith(
    specOf({
      web: { image: "nginx", links: ["db:database", "cache"] },
      db: { image: "pg" },
      cache: { image: "redis" },
    }),
  );
  const { web, db } = isolated.document.services;
  expect(web).not.toHaveProperty("links");
  expect(web?.depends_on).toEqual({
    db: { condition: "service_started", required: true, restart: true },
    cache: { condition: "service_started", required: true, restart: true },
  });
  expect(db?.networks?.["default"]?.aliases).toContain("database");
  expect(isolated.notices.map(({ message }) => message)).toEqual([
    "web: link db:database is a name on their common network",
  ]);
});

test("a dependency the project states itself is not weakened by a link", () => {
  const { web } = isolateWith(
    specOf({
      web: { image: "nginx", links: ["db"], depends_on: { db: { condition: "service_healthy" } } },
      db: { image: "pg" },
    }),
  ).document.services;
  expect(web?.depends_on).toEqual({ db: { condition: "service_healthy" } });
});

test("two services may know different ones by the same name: the second keeps its link", () => {
  const { a, b, db1, db2 } = isolateWith(
    specOf({
      a: { image: "a", links: ["db1:db"] },
      b: { image: "b", links: ["db2:db"] },
      db1: { image: "pg" },
      db2: { image: "pg" },
    }),
  ).document.services;
  expect(a).not.toHaveProperty("links");
  expect(db1?.networks?.["default"]?.aliases).toContain("db");
  expect(b?.links).toEqual(["db2:db"]);
  expect(db2?.networks?.["default"]?.aliases).not.toContain("db");
});

test("a link cannot take the name of another service away from it", () => {
  const { web, other } = isolateWith(
    specOf({ web: { image: "nginx", links: ["other:db"] }, db: { image: "pg" }, other: { image: "pg" } }),
  ).document.services;
  expect(web?.links).toEqual(["other:db"]);
  expect(other?.networks?.["default"]?.aliases).not.toContain("db");
});

test("a link out of the project goes, with a notice", () => {
  const isolated = isolateWith(specOf({ web: { image: "nginx", external_links: ["redis_1:redis"] } }));
  expect(isolated.document.services["web"]).not.toHaveProperty("external_links");
  expect(noticeCodes(isolated)).toEqual(["external-link-removed"]);
});
