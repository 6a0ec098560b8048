import { get } from "node:http";
import { run } from "@cilo/base";
import { describe, expect, test } from "vitest";
import { composeParser } from "../parsers/compose/index.ts";
import { createTestedRuntime, testedProgram } from "../runtimes/tested-runtime.ts";
import { type Bench, createBench } from "./testing.ts";

const [program = "", ...first] = testedProgram;

const WEB = `
services:
  web:
    image: busybox:latest
    container_name: web
    stop_signal: SIGKILL
    command: [sh, -c, "mkdir -p /www && echo $$CILO_ENV > /www/index.html && exec httpd -f -p 80 -h /www"]
    ports: ["18080:80"]
    depends_on:
      db: { condition: service_healthy }
  db:
    stop_signal: SIGKILL
    image: busybox:latest
    command: [sh, -c, "while :; do echo \\"$$(cat /data/row 2>/dev/null)\\" | nc -l -p 5432; done"]
    ports: ["15432:5432"]
    volumes: ["data:/data"]
    healthcheck: { test: [CMD, "true"], interval: 500ms }
volumes:
  data:
`;

const createEngineBench = (compose: string): Promise<Bench> =>
  createBench(compose, { engine: createTestedRuntime(), parser: composeParser });

async function textAt(address: string | undefined): Promise<string> {
  return await new Promise((resolve, reject) => {
    get(`http://${address}/`, { timeout: 5000 }, (response) => {
      response.setEncoding("utf8");
      let text = "";
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve(text.trim()));
    }).on("error", reject);
  });
}

async function objectsOfHome(bench: Bench): Promise<string[]> {
  const { owned } = await bench.deps.runtimes("").inspect({ signal: bench.context().signal });
  return owned.filter((object) => object.home === bench.home.id).map(({ kind, name }) => `${kind} ${name}`);
}

describe("on a real Docker engine", () => {
  test("two environments of a project with fixed host ports and names run side by side, each with its own answers", async () => {
    await using bench = await createEngineBench(WEB);
    const [one, two] = await Promise.all([bench.up("one"), bench.up("two")]);
    expect([one.status.state, two.status.state]).toEqual(["running", "running"]);
    expect(await textAt(bench.names.of("one")["web"]?.[0])).toBe("one");
    expect(await textAt(bench.names.of("two")["web"]?.[0])).toBe("two");
    await bench.environments.destroy("one", { keepWorkspace: false, force: false }, bench.context());
    expect(await textAt(bench.names.of("two")["web"]?.[0])).toBe("two");
    await bench.environments.destroy("two", { keepWorkspace: false, force: false }, bench.context());
    expect(await objectsOfHome(bench)).toEqual([]);
    expect((await bench.filesOfHome()).filter((path) => path.startsWith("envs/"))).toEqual([]);
  });

  test("a second up changes nothing and is quick; an edit replaces the one service", async () => {
    await using bench = await createEngineBench(WEB);
    const first = await bench.up("dev");
    const second = await bench.up("dev");
    expect(second.changed).toBe(false);
    await bench.write("compose.yaml", WEB.replace("exec httpd", "echo edited > /www/index.html; exec httpd"));
    const third = await bench.up("dev");
    expect(third).toMatchObject({ changed: true, created: false });
    expect(await textAt(bench.names.of("dev")["web"]?.[0])).toBe("edited");
    const id = (result: typeof first, name: string): string | undefined =>
      result.status.serviceStatus.find((service) => service.service === name)?.containers[0]?.id;
    expect(id(third, "db")).toBe(id(first, "db"));
    expect(id(third, "web")).not.toBe(id(first, "web"));
  });

  test("a container that somebody paused is told as such, and up has it run again", async () => {
    await using bench = await createEngineBench(WEB);
    const { status } = await bench.up("dev");
    const web = status.serviceStatus.find((service) => service.service === "web")?.containers[0];
    await run(program, [...first, "pause", web?.id ?? ""], { signal: bench.context().signal, env: process.env });
    const paused = await bench.environments.status("dev", bench.context());
    expect(paused.state).toBe("partial");
    expect(paused.serviceStatus.find((service) => service.service === "web")?.state).toBe("paused");
    const again = await bench.up("dev");
    expect(again.status.state).toBe("running");
    expect(again.status.serviceStatus.flatMap(({ containers }) => containers)).toContainEqual(web);
    expect(await textAt(bench.names.of("dev")["web"]?.[0])).toBe("dev");
  });

  test("what an image exposes is known where the project names no port of it, and names the front door", async () => {
    const bare = "image: busybox:latest, stop_signal: SIGKILL, command: [sleep, '600']";
    await using bench = await createEngineBench(`
services:
  site: { image: "nginx:1-alpine", stop_signal: SIGKILL }
  db: { image: "redis:7-alpine", stop_signal: SIGKILL, expose: ["7000"] }
  replica: { image: "redis:7-alpine", stop_signal: SIGKILL }
  tool: { ${bare} }
`);
    const { status } = await bench.up("dev");
    const ports = status.serviceStatus.map(({ service, endpoint }) => [service, endpoint.ports]);
    expect(Object.fromEntries(ports)).toEqual({
      site: [{ port: 80, protocol: "tcp", scheme: "http" }],
      db: [{ port: 7000, protocol: "tcp" }],
      replica: [],
      tool: [],
    });
    expect(status.ingress).toBe("site");
  });
});
