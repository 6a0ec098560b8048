import { expect, test } from "vitest";
import { inputOf, isolateWith, specOf } from "./testing.ts";

const services = {
  web: { image: "w", ports: [{ target: 80, published: "8080" }] },
  db: { image: "d", expose: ["5432"] },
  admin: { image: "a", network_mode: "service:db", expose: ["8081"] },
  job: { image: "j" },
  pool: { image: "p", expose: ["9000"], scale: 2 },
};
const direct = inputOf();
const byLoopback = inputOf({ allocation: { ...direct.allocation, loopback: "127.32.0.64/26" } });

test("each service with ports has one loopback address, and its own ports published there", () => {
  const { document, services: described } = isolateWith(specOf(services), byLoopback);
  expect(described.map(({ name, loopback }) => [name, loopback])).toEqual([
    ["web", "127.32.0.66"],
    ["db", "127.32.0.65"],
    ["admin", "127.32.0.65"],
    ["job", undefined],
    ["pool", undefined],
  ]);
  expect(document.services["web"]?.ports).toEqual([
    { target: 80, published: "80", host_ip: "127.32.0.66", protocol: "tcp" },
  ]);
  expect(document.services["db"]?.ports?.map(({ published }) => published)).toEqual(["5432", "8081"]);
});

test("where containers are reached directly, nothing is published", () => {
  const { document } = isolateWith(specOf(services), direct);
  expect(Object.values(document.services).some((service) => "ports" in service)).toBe(false);
});
