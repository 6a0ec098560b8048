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
  const all = variables(await environments.status(environment, { signal: context.signal }));
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
