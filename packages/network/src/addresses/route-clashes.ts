import { CiloError, isCiloError, run } from "@cilo/base";
import * as z from "zod/mini";
import { NetworkCode } from "../errors.ts";
import { formatCidr, overlaps, parseCidr } from "./cidr.ts";
import { type HostRoute, readHostRoutes } from "./routes.ts";

/** A route of this machine that leads to some of the wanted addresses. */
export interface RouteClash {
  readonly wanted: string;
  readonly route: string;
  /** The interface it leads to; absent where the system does not tell. */
  readonly device?: string;
}

export interface RouteClashOptions {
  /** The interface the wanted ranges are for: its own routes are no clash. */
  readonly device: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
  readonly signal: AbortSignal;
}

/** The routes of other interfaces, of VPNs for example, that overlap the ranges. */
export async function findRouteClashes(wanted: readonly string[], options: RouteClashOptions): Promise<RouteClash[]> {
  const { platform = process.platform, env, signal } = options;
  const ranges = wanted.flatMap((range) => parseCidr(range) ?? []);
  const isWanted = ({ range }: HostRoute): boolean => ranges.some((one) => overlaps(one, range));
  const routes = (await readHostRoutes({ platform, env, signal })).filter(isWanted);
  const named = routes.some(({ device }) => device === undefined) ? await nameDevices(routes, env, signal) : routes;
  return named
    .filter(({ device }) => device !== options.device)
    .flatMap(({ range: route, device }) =>
      ranges
        .filter((one) => overlaps(one, route))
        .map((one) => ({
          wanted: formatCidr(one),
          route: formatCidr(route),
          ...(device === undefined ? {} : { device }),
        })),
    );
}

/** @throws CiloError `ROUTE_TAKEN`, naming route and interface, when {@link findRouteClashes} finds one */
export async function refuseRouteClashes(wanted: readonly string[], options: RouteClashOptions): Promise<void> {
  const [clash] = await findRouteClashes(wanted, options);
  if (clash === undefined) return;
  const through = clash.device === undefined ? "" : ` through ${clash.device}`;
  throw new CiloError(
    NetworkCode.routeTaken,
    `${clash.wanted} cannot be reached: this machine has a route to ${clash.route}${through}`,
    { hint: `Disconnect ${clash.device ?? "that network"}, or create the environment anew: it then avoids that route` },
  );
}

const Routes = z.array(z.object({ dst: z.string(), dev: z.optional(z.string()) }));

/** The kernel's files tell no interface for routes outside the main table, where VPNs put theirs; `ip` does. */
async function nameDevices(
  routes: readonly HostRoute[],
  env: RouteClashOptions["env"],
  signal: AbortSignal,
): Promise<readonly HostRoute[]> {
  const known = await routesOfAllTables(env, signal);
  const deviceOf = (text: string): string | undefined => known.find(({ dst }) => dst === text)?.dev;
  return routes.map((route) => {
    const text = formatCidr(route.range);
    const device = route.device ?? deviceOf(text) ?? deviceOf(text.replace(/\/32$/u, ""));
    return device === undefined ? route : { ...route, device };
  });
}

async function routesOfAllTables(env: RouteClashOptions["env"], signal: AbortSignal): Promise<z.infer<typeof Routes>> {
  try {
    const PATH = `${env["PATH"] ?? ""}:/usr/sbin:/sbin`;
    const { stdout } = await run("ip", ["-json", "-4", "route", "show", "table", "all"], { signal, env: { PATH } });
    return Routes.parse(JSON.parse(stdout));
  } catch (error) {
    // Without the name the clash is told all the same.
    if (isCiloError(error, "COMMAND_NOT_FOUND", "COMMAND_FAILED")) return [];
    throw error;
  }
}
