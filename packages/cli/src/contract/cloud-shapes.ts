/** What `--json` prints of the commands that work with a server; the same contract as {@link shapes}. */
import { ApiKey, CreatedKey, Machine, environmentStatuses } from "@cilo/api";
import * as z from "zod";
import { child, shapes, status, syncAnswer } from "./shapes.ts";

const environment = z.string();
const time = z.string().describe("ISO 8601");

const cloudStatus = status.extend({
  id: z.string(),
  server: z.string(),
  status: z.enum(environmentStatuses),
  reason: z.string().optional().describe("why it is failed or degraded"),
  machineId: z.string().nullable(),
  createdBy: z.string(),
  deadline: time.nullable().describe("when it is stopped or destroyed; null: it is kept"),
  deadlineReason: z.string().nullable(),
  connected: z.boolean().describe("it answers here by name"),
});

const cloudList = z.strictObject({ environments: z.array(cloudStatus) });

const identity = { server: z.string(), team: z.string(), key: z.string(), scope: z.string() };

const netcheck = z.strictObject({
  ok: z.boolean(),
  checks: z.array(
    z.strictObject({
      check: z.string(),
      status: z.enum(["ok", "warn", "fail"]),
      message: z.string(),
      hint: z.string().optional(),
    }),
  ),
});

/** By the words that are typed. */
export const cloudShapes = {
  "cloud login": z.strictObject(identity),
  "cloud logout": z.strictObject({ server: z.string() }),
  "cloud whoami": z.strictObject({ ...identity, version: z.string() }),
  "cloud up": cloudStatus.extend({
    created: z.boolean(),
    sync: syncAnswer("workspace").pick({ applied: true, conflicts: true, workspaceOnly: true }).optional(),
    timings: z.record(z.string(), z.number()).describe("milliseconds by phase; phases overlap"),
    machineTimings: z.record(z.string(), z.number()).describe("milliseconds by phase on the machine"),
  }),
  "cloud down": shapes.down,
  "cloud destroy": z.strictObject({ environment, destroyed: z.literal(true) }),
  "cloud sync": syncAnswer("workspace"),
  "cloud connect": cloudStatus,
  "cloud disconnect": z.strictObject({ environment, connected: z.literal(false) }),
  "cloud list": cloudList,
  "cloud status": z.union([cloudStatus, cloudList]).describe("the second without a name"),
  "cloud urls": shapes.urls,
  "cloud env": shapes.env,
  "cloud path": shapes.path,
  "cloud open": shapes.open,
  "cloud diff": shapes.diff,
  "cloud merge": shapes.merge,
  "cloud logs": z
    .strictObject({
      service: z.string(),
      time: time.optional(),
      stream: z.enum(["stdout", "stderr"]),
      line: z.string(),
    })
    .describe("one object a line (JSON Lines)"),
  "cloud exec": child,
  "cloud extend": z.strictObject({ environment, deadline: time.nullable(), deadlineReason: z.string().nullable() }),
  "cloud ping": z.strictObject({ environment, machineIp: z.string(), roundTripMs: z.array(z.number()) }),
  "cloud netcheck": netcheck,
  "cloud keys create": CreatedKey,
  "cloud keys list": z.strictObject({ keys: z.array(ApiKey) }),
  "cloud keys revoke": z.strictObject({ id: z.string(), revoked: z.literal(true) }),
  "cloud machines add": Machine,
  "cloud machines list": z.strictObject({ machines: z.array(Machine) }),
  "cloud machines remove": z.strictObject({ id: z.string(), name: z.string(), removed: z.literal(true) }),
} as const;
