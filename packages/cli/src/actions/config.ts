import { readFile } from "node:fs/promises";
import { EnvironmentSpec } from "@cilo/engine";
import { parse, stringify } from "yaml";
import * as z from "zod/mini";
import type { Answer, GlobalFlags } from "../answer.ts";
import type { CiloContext } from "../context.ts";
import { maskSpec } from "../masking.ts";
import { upRequest } from "../up-request.ts";

export interface ConfigFlags extends GlobalFlags {
  readonly isolated: boolean;
  readonly showValues: boolean;
}

/** What the generated Compose file is, as far as it is masked. */
const ComposeFile = z.looseObject({
  services: EnvironmentSpec.shape.services,
  secrets: EnvironmentSpec.shape.secrets,
  configs: EnvironmentSpec.shape.configs,
});

/** `cilo config` */
export default async function showConfig(
  context: CiloContext,
  { isolated, showValues }: ConfigFlags,
  environment: string,
): Promise<Answer> {
  const whole = isolated ? await generatedFile(context, environment) : await parsedSpec(context, environment);
  const config = showValues ? whole : maskSpec(whole);
  return {
    data: { environment, isolated, config },
    text: () => stringify(config, { aliasDuplicateObjects: false, lineWidth: 0 }).trimEnd(),
  };
}

/** The Compose file that runs, as it was written. */
async function generatedFile(context: CiloContext, environment: string): Promise<z.infer<typeof ComposeFile>> {
  const { environments } = await context.wiring();
  const { paths } = await environments.find(environment);
  return ComposeFile.parse(parse(await readFile(paths.compose, "utf8")));
}

/** The spec as parsed from the workspace, with the environment's remembered options. */
async function parsedSpec(context: CiloContext, environment: string): Promise<EnvironmentSpec> {
  const { environments } = await context.wiring();
  await environments.find(environment);
  const request = upRequest(context, environment, {
    from: undefined,
    file: undefined,
    profile: undefined,
    envFile: undefined,
    devcontainer: undefined,
  });
  const { spec } = await environments.plan(request, { signal: context.signal, onEvent: () => undefined });
  return spec;
}
