import {
  type BaseArgs,
  type Command,
  type TypedCommandParameters,
  buildCommand,
} from "@stricli/core";
import type { Answer, GlobalFlags } from "./answer.ts";
import type { CiloContext } from "./context.ts";

/** What a command does. `undefined` when it has written its answer itself (a stream, a child's output). */
export type Action<F extends GlobalFlags, A extends BaseArgs> = (
  context: CiloContext,
  flags: F,
  ...args: A
) => Promise<Answer | undefined>;

export interface CommandDefinition<F extends GlobalFlags, A extends BaseArgs> {
  /** Imports the module that does it, once it is asked for. */
  readonly load: () => Promise<{ readonly default: Action<F, A> }>;
  readonly parameters: NoInfer<TypedCommandParameters<F, A, CiloContext>>;
  readonly brief: string;
  /** Longer, for `--help` and docs/reference/commands.md. */
  readonly description?: string;
  /** Without the command's own name. */
  readonly examples?: readonly { readonly input: string; readonly brief: string }[];
}

/** The flags every command has. */
export const globalFlags = {
  json: { kind: "boolean", brief: "Print the answer as JSON", withNegated: false },
  quiet: { kind: "boolean", brief: "Print no progress and no notices", withNegated: false },
} as const;

/** A command as data; errors, the answer and the exit status are dealt with here, once for all. */
export function command<const F extends GlobalFlags, const A extends BaseArgs = []>(
  definition: CommandDefinition<F, A>,
): Command<CiloContext> {
  return buildCommand<F, A, CiloContext>({
    loader: async () => {
      const { default: action } = await definition.load();
      return async function act(this: CiloContext, flags: F, ...args: A): Promise<void> {
        await perform(this, () => action(this, flags, ...args));
      };
    },
    parameters: definition.parameters,
    docs: {
      brief: definition.brief,
      ...(definition.description === undefined ? {} : { fullDescription: definition.description }),
      ...(definition.examples === undefined ? {} : { customUsage: definition.examples }),
    },
  });
}

async function perform(context: CiloContext, action: () => Promise<Answer | undefined>): Promise<void> {
  try {
    const answer = await action();
    if (answer === undefined) return;
    context.output.answer(answer);
    context.exitWith(answer.exitCode ?? 0);
  } catch (error) {
    context.exitWith(context.output.error(context.signal.aborted ? context.signal.reason : error));
  }
}

/** For values that are taken as they are. */
export const text = (input: string): string => input;
