/**
 * What `--json` prints, by command: the contract. Fields are added, never changed or removed. Not part of the bundle:
 * docs/reference/json.md is made from it, and a test holds every command to it.
 */
import * as z from "zod";

const path = z.string().describe("absolute path");
const time = z.string().describe("ISO 8601");
const environment = z.string();
const serviceState = z.enum([
  "starting",
  "running",
  "healthy",
  "unhealthy",
  "completed",
  "exited",
  "stopped",
  "restarting",
  "paused",
]);
const environmentState = z.enum(["creating", "running", "partial", "stopped", "destroying", "unknown"]);
const hostnames = z.array(z.string()).describe("extra names");

const notice = z.strictObject({
  code: z.string().describe("stable"),
  message: z.string(),
  service: z.string().optional(),
});

const url = z.strictObject({
  url: z.string(),
  port: z.number().describe("the container's"),
  protocol: z.enum(["tcp", "udp"]),
  published: z.string().optional().describe("host port the project would publish it on, where that is another"),
});

const service = z.strictObject({
  service: z.string(),
  state: serviceState,
  hostname: z.string(),
  url: z.string().optional().describe("the first of urls"),
  urls: z.array(url),
  addresses: z.array(z.string()).describe("one per running container"),
  hostnames,
  containers: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      index: z.number(),
      state: z.string(),
      health: z.string().optional(),
      exitCode: z.number().optional(),
    }),
  ),
  ingress: z.boolean().describe("answers to the apex name"),
  shared: z.boolean().describe("one container serves several environments"),
});

const sharedWithHost = z.array(
  z.strictObject({ kind: z.string(), what: z.string(), service: z.string().optional(), readOnly: z.boolean() }),
);

export const status = z.strictObject({
  environment,
  project: z.string(),
  state: environmentState,
  source: path,
  workspace: path,
  format: z.string(),
  runtime: z.string(),
  createdAt: time,
  suffix: z.string(),
  composeProject: z.string(),
  blocks: z.array(z.string()).describe("CIDR"),
  loopback: z
    .string()
    .optional()
    .describe("CIDR of the loopback addresses that services are reached at; absent: at their containers"),
  baseUrl: z.string().optional().describe("the apex name's"),
  services: z.array(service),
  sharedWithHost: sharedWithHost.describe("what it has in common with this machine or other environments"),
});

const change = z.strictObject({ path: z.string(), kind: z.enum(["added", "changed", "removed"]) });
const sync = {
  applied: z.array(change).describe("came over"),
  conflicts: z.array(change).describe("edited on both sides, left as they are"),
  workspaceOnly: z.array(change).describe("edited in the workspace alone"),
};

const up = status.extend({
  created: z.boolean(),
  changed: z.boolean().describe("false: nothing had to be made, changed or started"),
  notices: z.array(notice),
  sync: z.strictObject(sync).optional().describe("when source edits were looked at"),
  timings: z.record(z.string(), z.number()).describe("milliseconds by phase"),
});

const plan = z.strictObject({
  environment,
  project: z.string(),
  suffix: z.string(),
  composeProject: z.string(),
  services: z.array(
    z.strictObject({
      service: z.string(),
      hostname: z.string(),
      ports: z.array(
        z.strictObject({
          port: z.number(),
          protocol: z.enum(["tcp", "udp"]),
          published: z.string().optional(),
          scheme: z.enum(["http", "https"]).optional(),
        }),
      ),
      hostnames,
      scale: z.number(),
    }),
  ),
  shared: z.array(z.strictObject({ service: z.string(), composeProject: z.string() })),
  ingress: z.string().optional(),
  sharedWithHost,
  notices: z.array(notice),
});

const problem = z.strictObject({
  message: z.string(),
  hint: z.string().optional(),
  attribute: z.string().optional(),
  file: z.string().optional(),
  line: z.number().optional(),
  column: z.number().optional(),
});

const error = z.strictObject({
  code: z.string().describe("docs/reference/errors.md"),
  message: z.string(),
  hint: z.string().optional(),
  problems: z.array(problem),
  exitCode: z.number(),
});

export const child = z.strictObject({ exitCode: z.number(), stdout: z.string(), stderr: z.string() });
export const syncAnswer = (into: "workspace" | "source") =>
  z.strictObject({ environment, dryRun: z.boolean(), into: z.literal(into), ...sync });
const hostnamesAnswer = z.strictObject({ environment, hostnames: z.record(z.string(), z.array(z.string())) });
const anything = z.record(z.string(), z.unknown());

/** Any failure, of any command, on stdout; the one line on stderr is there too. */
export const failure = z.strictObject({ error });

/** By the words that are typed. */
export const shapes = {
  up: z.union([up, plan]).describe("the second with --dry-run"),
  create: up,
  down: z.strictObject({ environment, state: z.literal("stopped") }),
  destroy: z.strictObject({
    destroyed: z.array(
      z.strictObject({
        environment,
        project: z.string(),
        workspace: path.optional().describe("with --keep-workspace"),
      }),
    ),
    failed: z.array(z.strictObject({ environment, error })),
  }),
  list: z.strictObject({
    environments: z.array(
      z.strictObject({
        environment,
        project: z.string(),
        state: environmentState,
        source: path,
        format: z.string(),
        runtime: z.string(),
        createdAt: time,
        services: z.strictObject({ total: z.number(), running: z.number() }),
        interrupted: z
          .boolean()
          .optional()
          .describe("of one that is creating or destroying: whether the command at work on it ended halfway"),
      }),
    ),
  }),
  status,
  urls: z.strictObject({
    environment,
    baseUrl: z.string().optional(),
    services: z.array(z.strictObject({ service: z.string(), hostname: z.string(), hostnames, urls: z.array(url) })),
  }),
  path: z.strictObject({ environment, path, workspace: path, source: path }),
  open: z.strictObject({
    environment,
    service: z.string().optional(),
    url: z.string(),
    opened: z.boolean().describe("false: there is no browser"),
  }),
  run: child,
  exec: child,
  shell: child,
  logs: z
    .strictObject({ service: z.string(), index: z.number().optional(), time: time.optional(), line: z.string() })
    .describe("one object a line (JSON Lines)"),
  cp: z.strictObject({ environment, service: z.string(), from: z.string(), to: z.string() }),
  env: z.strictObject({ environment, variables: z.record(z.string(), z.string()) }),
  sync: syncAnswer("workspace"),
  diff: z.strictObject({
    environment,
    changes: z.array(change),
    diff: z.string().describe("unified diff; empty with --name-only"),
  }),
  merge: syncAnswer("source"),
  spec: anything.describe(
    "the EnvironmentSpec, docs/SUPPORTED_FORMATS.md; with --as compose what docker compose config --format json prints",
  ),
  config: z.strictObject({ environment, isolated: z.boolean(), config: anything }),
  "hostnames list": hostnamesAnswer,
  "hostnames add": hostnamesAnswer,
  "hostnames remove": hostnamesAnswer,
  "dns status": z.strictObject({
    running: z.boolean(),
    pid: z.number().optional(),
    port: z.number().describe("of 127.0.0.1"),
    suffixes: z.array(z.string()),
    complete: z.boolean().describe("everything that is published answers"),
    names: z.number(),
    wildcards: z.number(),
    environments: z.number(),
    answersDirectly: z.boolean(),
    resolver: z.strictObject({
      kind: z.enum(["systemd-resolved", "networkmanager", "resolv-conf", "macos"]).optional(),
      isSetUp: z.boolean().describe("by cilo init"),
      changedFiles: z.array(z.string()).describe("written by cilo init, changed since"),
      forwarderAnswers: z.boolean(),
      found: z.array(z.string()).describe("suffixes whose names any program of this machine finds"),
    }),
  }),
  "network status": z.strictObject({
    baseSubnet: z.string().describe("CIDR"),
    blocks: z.array(z.strictObject({ block: z.string().describe("CIDR"), project: z.string(), environment })),
    conflicts: z.array(
      z.strictObject({
        route: z.string().describe("of this machine, CIDR"),
        device: z.string().optional(),
        owners: z
          .array(z.string())
          .describe("project/environment whose addresses it hides; empty: new blocks avoid it"),
      }),
    ),
  }),
  init: z
    .union([
      z.strictObject({
        dnsPort: z.number(),
        baseSubnet: z.string(),
        suffixes: z.array(z.string()),
        resolver: z.string(),
        changed: z.boolean(),
        files: z.array(z.string()).describe("that are ours or have a part of ours"),
        helper: z
          .union([
            z.strictObject({
              isInstalled: z.literal(true),
              form: z.enum(["socket", "setuid"]),
              files: z.array(z.string()),
              joined: z.string().optional().describe("who was put into its group, from the next login on"),
            }),
            z.strictObject({ isInstalled: z.literal(false), reason: z.string(), hint: z.string().optional() }),
          ])
          .optional()
          .describe("makes tunnels for the person behind sudo; absent without sudo"),
      }),
      z.strictObject({
        resolver: z.string().optional().describe("absent when nothing was set up"),
        files: z.array(z.strictObject({ path, result: z.string() })),
      }),
    ])
    .describe("the second with --undo"),
  doctor: z.strictObject({
    ok: z.boolean(),
    findings: z.array(
      z.strictObject({
        check: z.string(),
        status: z.enum(["ok", "warn", "fail"]),
        message: z.string(),
        hint: z.string().optional(),
        fixable: z.boolean(),
        fixed: z.string().optional().describe("what --fix did"),
      }),
    ),
  }),
  setup: z.strictObject({
    path,
    config: z.strictObject({
      project: z.string(),
      ingress: z.string().optional(),
      share: z.array(z.string()),
      copyMode: z.enum(["all", "none", "allowlist"]),
    }),
  }),
  completion: z.strictObject({ shell: z.enum(["bash", "zsh", "fish"]), script: z.string() }),
  version: z.strictObject({ version: z.string() }),
} as const;
