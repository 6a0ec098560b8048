import type { EnvironmentStatus } from "@cilo/engine";
import type { Answer, GlobalFlags } from "../answer.ts";
import type { CiloContext } from "../context.ts";
import { variables } from "../variables.ts";

/** `cilo env`, for `eval "$(cilo env agent-1)"`. */
export default async function showVariables(
  context: CiloContext,
  _flags: GlobalFlags,
  environment: string,
): Promise<Answer> {
  const { environments } = await context.wiring();
  return variablesAnswer(await environments.status(environment, { signal: context.signal }));
}

/** An environment's variables, wherever it runs. */
export function variablesAnswer(status: EnvironmentStatus): Answer {
  const all = variables(status);
  const { environment } = status;
  return {
    data: { environment, variables: all },
    text: () =>
      Object.entries(all)
        .map(([name, value]) => `export ${name}=${shellQuote(value)}`)
        .join("\n"),
  };
}

function shellQuote(value: string): string {
  return /^[\w./:@%+,-]+$/u.test(value) ? value : `'${value.replaceAll("'", String.raw`'\''`)}'`;
}
