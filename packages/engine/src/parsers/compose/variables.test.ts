import { expect, test } from "vitest";
import { parseProject } from "./testing/memory.ts";

const compose = `
services: {web: {image: x, secrets: [token], configs: [motd]}}
secrets: {token: {environment: TOKEN}, unused: {environment: UNUSED}}
configs: {motd: {environment: MOTD}}
`;

test("what secrets and configs take from the environment may be set by the project's .env", () => {
  const files = { "compose.yaml": compose, ".env": "TOKEN=from-file\nMOTD=hello\nUNUSED=u\nOTHER=o\n" };
  expect(parseProject(files).variables).toEqual({ TOKEN: "from-file", MOTD: "hello" });
});

test("the caller's environment counts more than the .env there too, and what nobody sets is left out", () => {
  const files = { "compose.yaml": compose, ".env": "TOKEN=from-file\n" };
  expect(parseProject(files, { env: { TOKEN: "from-caller" } }).variables).toEqual({ TOKEN: "from-caller" });
  expect(parseProject(compose).variables).toBeUndefined();
});
