import { CiloError, mapLimit } from "@cilo/base";
import type { DestroyResult, OperationContext } from "@cilo/engine";
import type { Answer, GlobalFlags } from "../answer.ts";
import type { CiloContext } from "../context.ts";
import { errorData, errorText } from "../error-text.ts";
import { CliCode } from "../errors.ts";
import { exitCodeOf } from "../exit-codes.ts";
import { withProgress } from "../operation.ts";

export interface DestroyFlags extends GlobalFlags {
  readonly all: boolean;
  readonly keepWorkspace: boolean;
  readonly force: boolean;
}

type Outcome = DestroyResult | { readonly environment: string; readonly error: unknown };

/** `cilo destroy`. One that cannot be destroyed does not keep the others. */
export default async function destroy(context: CiloContext, flags: DestroyFlags, ...names: string[]): Promise<Answer> {
  if (flags.all === names.length > 0)
    throw new CiloError(CliCode.usage, flags.all ? "--all goes without names" : "<env> is missing", {
      hint: "Name environments, or all of them with --all",
    });
  const { environments } = await context.wiring();
  const chosen = flags.all
    ? (await environments.list({ signal: context.signal })).map(({ environment }) => environment)
    : [...new Set(names)];
  const [only, ...others] = chosen;
  const destroyOne = async (environment: string, operation: OperationContext): Promise<DestroyResult> =>
    await environments.destroy(environment, { keepWorkspace: flags.keepWorkspace, force: flags.force }, operation);
  if (only !== undefined && others.length === 0 && !flags.all)
    return answer([await withProgress(context, async (operation) => await destroyOne(only, operation))], context);
  const outcomes = await withProgress(
    context,
    async (operation) =>
      await mapLimit(chosen, { limit: 4, signal: context.signal }, async (environment): Promise<Outcome> => {
        try {
          return await destroyOne(environment, operation);
        } catch (error) {
          context.signal.throwIfAborted();
          return { environment, error };
        }
      }),
  );
  return answer(outcomes, context);
}

function answer(outcomes: readonly Outcome[], context: CiloContext): Answer {
  const destroyed = outcomes.filter((outcome): outcome is DestroyResult => !("error" in outcome));
  const failed = outcomes.filter((outcome) => "error" in outcome);
  const data = {
    destroyed,
    failed: failed.map(({ environment, error }) => ({ environment, error: errorData(error, exitCodeOf(error)) })),
  };
  for (const { error } of failed)
    context.streams.stderr.write(`${errorText(error, { style: context.output.style, whole: false })}\n`);
  return {
    data,
    text: () => (outcomes.length === 0 ? "There is no environment" : destroyed.map(line).join("\n")),
    exitCode: failed[0] === undefined ? 0 : exitCodeOf(failed[0].error),
  };
}

function line({ environment, workspace }: DestroyResult): string {
  return `${environment} is destroyed${workspace === undefined ? "" : `; its workspace is kept in ${workspace}`}`;
}
