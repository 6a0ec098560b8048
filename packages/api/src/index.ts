/** The HTTP contract between the programs of Cilo: routes, schemas, codes, credentials, clients. */
export * from "./contract/values.ts";
export * from "./contract/route.ts";
export * from "./contract/pages.ts";
export * from "./contract/keys.ts";
export * from "./contract/environments.ts";
export * from "./contract/wireguard.ts";
export * from "./contract/machines.ts";
export * from "./contract/server.ts";
export * from "./contract/agent.ts";
export * from "./contract/agent-config.ts";
export * from "./contract/exec.ts";
export * from "./codes.ts";
export * from "./problem.ts";
export * from "./credentials.ts";
export * from "./lines.ts";
export * from "./client.ts";
export * from "./exec-client.ts";
export { openApiDocument } from "./openapi.ts";
