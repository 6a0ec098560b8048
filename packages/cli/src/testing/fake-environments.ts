import { CiloError } from "@cilo/base";
import {
  EngineCode,
  type EnvironmentStatus,
  type Environments,
  type Home,
  type Located,
  type UpResult,
  environmentPaths,
} from "@cilo/engine";

/** An `Environments` in memory, for what commands make of its answers; what it does to an engine is tested there. */
export function createFakeEnvironments(home: Home): Environments {
  const statuses = new Map<string, EnvironmentStatus>();
  const get = (environment: string): EnvironmentStatus => {
    const status = statuses.get(environment);
    if (status !== undefined) return status;
    throw new CiloError(EngineCode.environmentNotFound, `there is no environment ${environment}`, {
      hint: "See what there is: cilo list",
    });
  };
  const bringUp: Environments["up"] = async (request, { onEvent }) => {
    const created = !statuses.has(request.environment);
    const status = shopStatus(home, request.environment, "running");
    statuses.set(request.environment, status);
    onEvent({ kind: "phase", phase: "copy", state: "started" });
    onEvent({ kind: "service", service: "web", state: "healthy" });
    onEvent({
      kind: "notice",
      notice: { code: "port-not-published", message: "port 8080 is not published", service: "web" },
    });
    return await Promise.resolve(upResult(status, created));
  };
  return {
    up: bringUp,
    create: bringUp,
    plan: async (request) => await Promise.resolve(shopPlan(home, request.environment)),
    down: async (environment) => {
      get(environment);
      statuses.set(environment, shopStatus(home, environment, "stopped"));
      await Promise.resolve();
    },
    destroy: async (environment, { keepWorkspace }) => {
      const { workspace, project } = get(environment);
      statuses.delete(environment);
      return await Promise.resolve({ environment, project, ...(keepWorkspace ? { workspace } : {}) });
    },
    find: async (environment) => await Promise.resolve(located(home, get(environment))),
    list: async () => await Promise.resolve([...statuses.values()]),
    status: async (environment) => await Promise.resolve(get(environment)),
    attach: async (environment) => await Promise.resolve((get(environment), undefined)),
    sync: async (environment) => await Promise.resolve((get(environment), shopSync)),
    changes: async (environment) => await Promise.resolve((get(environment), shopSync.applied)),
    merge: async (environment) => await Promise.resolve((get(environment), shopSync)),
    changeHostnames: async (environment) => await Promise.resolve(get(environment)),
  };
}

const shopSync = {
  applied: [
    { path: "src/new.ts", kind: "added" },
    { path: "src/old.ts", kind: "removed" },
  ],
  conflicts: [{ path: "README.md", kind: "changed" }],
  workspaceOnly: [],
} as const;

function upResult(status: EnvironmentStatus, created: boolean): UpResult {
  const notice = { code: "port-not-published", message: "port 8080 is not published", service: "web" };
  return { status, created, changed: created, notices: [notice], sync: shopSync, timings: { copy: 12, start: 800 } };
}

function located(home: Home, status: EnvironmentStatus): Located {
  return {
    paths: environmentPaths(home, status),
    record: {
      version: 1,
      project: status.project,
      environment: status.environment,
      phase: "ready",
      sourceRoot: status.source,
      projectPath: "",
      format: status.format,
      runtime: status.runtime,
      suffix: status.suffix,
      createdAt: status.createdAt,
      options: { files: [], profiles: [], envFiles: [], share: [], isolate: [], scale: {} },
    },
  };
}

function shopPlan(home: Home, environment: string): Awaited<ReturnType<Environments["plan"]>> {
  const services = { web: { image: "nginx", environment: { SECRET: "s3cret-value" } } };
  return {
    spec: {
      specVersion: 1,
      name: "shop",
      source: "compose",
      projectDir: "/src/shop",
      files: ["/src/shop/compose.yaml"],
      services,
      notices: [],
    },
    isolated: {
      identity: { project: "shop", environment, home: home.id, suffix: ".test" },
      composeProject: `cilo_shop_${environment}_${home.id}`,
      document: { name: "shop", services },
      services: [
        {
          name: "web",
          label: "web",
          ports: [{ port: 80, protocol: "tcp", scheme: "http" }],
          hostnames: [],
          scale: 1,
          oneShot: false,
        },
      ],
      ingress: "web",
      shared: [],
      sharedWithHost: [],
      notices: [],
    },
  };
}

function shopStatus(home: Home, environment: string, state: "running" | "stopped"): EnvironmentStatus {
  const isUp = state === "running";
  return {
    environment,
    project: "shop",
    source: "/src/shop",
    format: "compose",
    runtime: "docker",
    createdAt: "2026-11-23T12:00:00.000Z",
    state,
    services: { total: 2, running: isUp ? 2 : 0 },
    suffix: ".test",
    workspace: environmentPaths(home, { project: "shop", environment }).workspace,
    composeProject: `cilo_shop_${environment}_${home.id}`,
    blocks: ["10.223.0.0/26"],
    serviceStatus: [
      {
        service: "web",
        label: "web",
        state: isUp ? "healthy" : "stopped",
        containers: isUp
          ? [
              {
                id: "c1",
                containerName: "shop-web-1",
                service: "web",
                index: 1,
                state: "running",
                health: "healthy",
                addresses: { n: "10.223.0.2" },
              },
            ]
          : [],
        endpoint: {
          service: "web",
          label: "web",
          addresses: isUp ? [{ index: 1, address: "10.223.0.2" }] : [],
          ports: [{ port: 80, protocol: "tcp", published: "8080", scheme: "http" }],
          hostnames: ["shop.test"],
          ingress: true,
        },
        shared: false,
      },
      {
        service: "user_db",
        label: "user-db",
        state: isUp ? "running" : "stopped",
        containers: [],
        endpoint: {
          service: "user_db",
          label: "user-db",
          addresses: isUp ? [{ index: 1, address: "10.223.0.3" }] : [],
          ports: [{ port: 5432, protocol: "tcp", published: "5432" }],
          hostnames: [],
          ingress: false,
        },
        shared: false,
      },
    ],
    ingress: "web",
    sharedWithHost: [{ kind: "bind", what: "/etc/ssl", service: "web", readOnly: true }],
  };
}
