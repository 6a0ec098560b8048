import type { Files } from "../test/e2e/support/files.ts";

/**
 * Four services of busybox: a database with a healthcheck, an api and a worker that wait for it, a web server that
 * waits for the api. Nothing in them takes time, so what is measured is what starting them takes.
 * `subnet`: as one would write it by hand, to run several copies beside each other.
 */
export function fourServices(name: string, subnet?: string): Files {
  const server = (port: number): string => `["httpd", "-f", "-p", "${port}", "-h", "/etc"]`;
  const ready = `{ test: ["CMD", "true"], interval: 200ms, retries: 50 }`;
  return {
    "compose.yml": `name: ${name}
services:
  db: { image: "busybox:latest", command: ${server(5432)}, healthcheck: ${ready}, volumes: ["data:/data"], stop_grace_period: 0s }
  api: { image: "busybox:latest", command: ${server(3000)}, healthcheck: ${ready}, depends_on: { db: { condition: service_healthy } }, stop_grace_period: 0s }
  worker: { image: "busybox:latest", command: ["sleep", "100000"], depends_on: { db: { condition: service_healthy } }, stop_grace_period: 0s }
  web: { image: "busybox:latest", command: ${server(80)}, expose: ["80"], depends_on: { api: { condition: service_healthy } }, stop_grace_period: 0s }
volumes: { data: {} }
${subnet === undefined ? "" : `networks: { default: { ipam: { config: [{ subnet: ${subnet} }] } } }\n`}`,
  };
}
