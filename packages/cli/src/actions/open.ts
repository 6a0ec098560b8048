import { CiloError, startDetached } from "@cilo/base";
import { EngineCode, type EnvironmentStatus } from "@cilo/engine";
import type { Answer, GlobalFlags } from "../answer.ts";
import type { CiloContext } from "../context.ts";
import { CliCode } from "../errors.ts";
import { baseUrl, serviceUrls } from "../urls.ts";

export interface OpenFlags extends GlobalFlags {
  readonly editor: boolean;
}

/** `cilo open` */
export default async function open(
  context: CiloContext,
  flags: OpenFlags,
  environment: string,
  service: string | undefined,
): Promise<Answer> {
  if (flags.editor) return await openEditor(context, environment, service);
  const { environments } = await context.wiring();
  return await openUrl(context, await environments.status(environment, { signal: context.signal }), service);
}

/** Opens an environment's URL, or that of one of its services, wherever it runs. */
export async function openUrl(
  context: CiloContext,
  status: EnvironmentStatus,
  service: string | undefined,
): Promise<Answer> {
  const { environment } = status;
  const url = service === undefined ? baseUrl(status) : urlOfService(status, service);
  if (url === undefined)
    throw new CiloError(CliCode.noUrl, `${service ?? environment} has no URL`, {
      hint: `See cilo urls ${environment}`,
    });
  const opened = await openInBrowser(url, context.env, context.platform);
  return { data: { environment, ...(service === undefined ? {} : { service }), url, opened }, text: () => url };
}

async function openEditor(context: CiloContext, environment: string, named: string | undefined): Promise<Answer> {
  const { editorUrl } = await import("../editor-url.ts");
  const { service, url } = await editorUrl(context, environment, named);
  const opened = await openInBrowser(url, context.env, context.platform);
  return { data: { environment, service, url, opened }, text: () => url };
}

function urlOfService(status: EnvironmentStatus, name: string): string | undefined {
  const found = status.serviceStatus.find((one) => one.service === name || one.label === name);
  if (found !== undefined) return serviceUrls(found, status)[0]?.url;
  throw new CiloError(EngineCode.serviceNotFound, `${status.environment} has no service ${name}`, {
    hint: `It has ${status.serviceStatus.map((one) => one.service).join(", ")}`,
  });
}

/** False when there is no browser to open it in. */
async function openInBrowser(url: string, env: CiloContext["env"], platform: NodeJS.Platform): Promise<boolean> {
  const hasDisplay =
    platform === "darwin" || (env["BROWSER"] ?? env["DISPLAY"] ?? env["WAYLAND_DISPLAY"]) !== undefined;
  if (!hasDisplay) return false;
  return await startDetached(env["BROWSER"] ?? (platform === "darwin" ? "open" : "xdg-open"), [url], env);
}
