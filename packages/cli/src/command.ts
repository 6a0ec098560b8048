import { type BaseArgs, type Command, type TypedCommandParameters, buildCommand } from "@stricli/core";
import type { Answer, GlobalFlags } from "./answer.ts";
import type { CiloContext } from "./context.ts";

type Flags<F> = GlobalFlags & Readonly<Partial<Record<keyof F, unknown>>>;

/** What a command does. `undefined` when it has written its answer itself (a stream, a child's output). */
export type Action<F extends Flags<F>, A extends BaseArgs> = (
  context: CiloContext,
  flags: F,
  ...args: A
) => Promise<Answer | undefined>;

interface CommandTexts {
  readonly brief: string;
  /** Longer, for `--help` and docs/reference/commands.md. */
  readonly description?: string;
  readonly examples?: readonly { readonly input: string; readonly brief: string }[];
}

export interface CommandDefinition<F extends Flags<F>, A extends BaseArgs> extends CommandTexts {
  /** Imports the module that does it, once it is asked for. */
  readonly load: () => Promise<{ readonly default: Action<F, A> }>;
  readonly parameters: NoInfer<TypedCommandParameters<F, A, CiloContext>>;
}

/** A command as data; errors, the answer and the exit status are dealt with here, once for all. */
export function command<const F extends Flags<F>, const A extends BaseArgs = []>(
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
    docs: { brief: definition.brief, fullDescription: fullDescription(definition) },
  });
}

/** The description, then each example on a line of its own. */
function fullDescription({ description, brief, examples = [] }: CommandTexts): string {
  const width = Math.max(0, ...examples.map(({ input }) => input.length));
  const lines = examples.map(({ input, brief: meaning }) => `  ${input.padEnd(width)}  # ${meaning}`);
  return [
    `${brief}.${description === undefined ? "" : ` ${description}`}`,
    ...(lines.length > 0 ? [lines.join("\n")] : []),
  ].join("\n\n");
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
