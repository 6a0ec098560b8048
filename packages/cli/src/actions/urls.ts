import type { EnvironmentStatus } from "@cilo/engine";
import type { Answer, GlobalFlags } from "../answer.ts";
import type { CiloContext } from "../context.ts";
import { environmentData } from "../environment-data.ts";
import { table } from "../table.ts";

/** `cilo urls` */
export default async function urls(context: CiloContext, _flags: GlobalFlags, environment: string): Promise<Answer> {
  const { environments } = await context.wiring();
  return urlsAnswer(await environments.status(environment, { signal: context.signal }));
}

/** Every URL of an environment, wherever it runs. */
export function urlsAnswer(status: EnvironmentStatus): Answer {
  const { environment, baseUrl, services } = environmentData(status);
  const data = {
    environment,
    ...(baseUrl === undefined ? {} : { baseUrl }),
    services: services.map(({ service, hostname, hostnames, urls: own }) => ({
      service,
      hostname,
      hostnames,
      urls: own,
    })),
  };
  return {
    data,
    text: (style) =>
      table([
        ...(baseUrl === undefined ? [] : [[style.dim("(ingress)"), baseUrl]]),
        ...data.services.flatMap((one) =>
          one.urls.length === 0
            ? [[one.service, one.hostname]]
            : one.urls.map(({ url }, index) => [index === 0 ? one.service : "", url]),
        ),
      ]),
  };
}
