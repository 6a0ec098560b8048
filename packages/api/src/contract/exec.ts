import * as z from "zod";
import { Label } from "./values.ts";

/**
 * What passes through the WebSocket of `/environment/exec`. Text frames are these, as JSON; the client's first is
 * `start`. Binary frames are data: from the client standard input, from the agent a first byte 1 (stdout) or 2
 * (stderr) and what was written. The agent ends with `exit` or `failed`, then closes. A socket that breaks ends the command.
 */
export const ExecStart = z.strictObject({
  type: z.literal("start"),
  /** In a service's container. Without one is for the workspace's folder on the machine, which agents refuse as yet. */
  service: z.optional(Label),
  command: z.array(z.string().max(131_072)).min(1).max(4096),
  tty: z.optional(z.strictObject({ columns: z.int().min(1).max(9999), rows: z.int().min(1).max(9999) })),
  env: z.optional(z.record(z.string(), z.string())),
  user: z.optional(z.string()),
  workdir: z.optional(z.string()),
});
export type ExecStart = z.infer<typeof ExecStart>;

export const ExecFromClient = z.discriminatedUnion("type", [
  ExecStart,
  z.strictObject({ type: z.literal("resize"), columns: z.int().min(1).max(9999), rows: z.int().min(1).max(9999) }),
  z.strictObject({ type: z.literal("end-of-input") }),
  z.strictObject({ type: z.literal("signal"), name: z.enum(["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]) }),
]);
export type ExecFromClient = z.infer<typeof ExecFromClient>;

export const ExecFromAgent = z.discriminatedUnion("type", [
  z.object({ type: z.literal("exit"), code: z.int() }),
  z.object({ type: z.literal("failed"), code: z.string(), message: z.string(), hint: z.optional(z.string()) }),
]);
export type ExecFromAgent = z.infer<typeof ExecFromAgent>;

/** First byte of a binary frame of the agent. */
export const EXEC_STDOUT = 1;
export const EXEC_STDERR = 2;

/** Frames larger than this are cut by the sender and refused by the receiver. */
export const EXEC_FRAME_BYTES = 65_536;
