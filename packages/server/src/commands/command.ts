import { type Command, type TypedCommandParameters, buildCommand } from "@stricli/core";
import type { ServerContext } from "./context.ts";

interface Definition<F extends Readonly<Record<string, unknown>>> {
  readonly brief: string;
  readonly parameters: NoInfer<TypedCommandParameters<F, string[], ServerContext>>;
  readonly act: (context: ServerContext, flags: F, args: readonly string[]) => Promise<void>;
}

/** A command as data. What it throws is told and becomes the exit status in one place (run.ts). */
export function serverCommand<const F extends Readonly<Record<string, unknown>>>({
  brief,
  parameters,
  act,
}: Definition<F>): Command<ServerContext> {
  return buildCommand<F, string[], ServerContext>({
    func: async function run(this: ServerContext, flags: F, ...args: string[]): Promise<void> {
      try {
        await act(this, flags, args);
      } catch (error) {
        this.fail(error);
      }
    },
    parameters,
    docs: { brief },
  });
}

export const text = (brief: string) => ({ kind: "parsed", parse: String, brief }) as const;
export const maybe = (brief: string) => ({ kind: "parsed", parse: String, brief, optional: true }) as const;
export const toggle = (brief: string) => ({ kind: "boolean", brief, optional: true, withNegated: false }) as const;
export const json = toggle("Answer as JSON");
