import { resolve } from "node:path";
import { CiloError } from "@cilo/base";
import type { Answer, GlobalFlags } from "../answer.ts";
import type { CiloContext } from "../context.ts";
import { CliCode } from "../errors.ts";
import { serviceTarget } from "../target.ts";

/** `cilo cp` */
export default async function cp(
  context: CiloContext,
  _flags: GlobalFlags,
  environment: string,
  from: string,
  to: string,
): Promise<Answer> {
  const services = [from, to].map(serviceOf);
  const service = services.find((one) => one !== undefined);
  if (service === undefined || services.every((one) => one !== undefined))
    throw new CiloError(CliCode.usage, "one of the two paths must be in a container, and only one", {
      hint: `cilo cp ${environment} SERVICE:PATH PATH, or the reverse`,
    });
  const { runtime, target } = await serviceTarget(context, environment, service);
  const [source, destination] = [from, to].map((path) =>
    serviceOf(path) === undefined ? hostPath(context, path) : path,
  );
  const exitCode = await runtime.attach(
    target,
    { kind: "cp", from: source ?? from, to: destination ?? to },
    { signal: context.signal },
  );
  return { data: { environment, service, from, to }, text: () => "", exitCode };
}

/** `web:/app` → `web`; a path that starts with `.` or `/` is one here, whatever it holds. */
function serviceOf(path: string): string | undefined {
  return /^([^./:][^/:]*):/u.exec(path)?.[1];
}

/** Absolute, with a final `/.` or `/` kept, since it means something to a copy. */
function hostPath({ cwd }: CiloContext, path: string): string {
  const ending = /\/\.?$/u.exec(path)?.[0] ?? "";
  return `${resolve(cwd, path)}${ending}`;
}
