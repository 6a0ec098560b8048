import { EnvironmentId } from "@cilo/api";
import { CiloError, systemClock } from "@cilo/base";
import { EngineCode, parseLabel } from "@cilo/engine";
import type { Answer } from "../../answer.ts";
import type { ServerFlag } from "../../cloud/session.ts";
import { cloudTarget } from "../../cloud/target.ts";
import type { CiloContext } from "../../context.ts";
import { CliCode } from "../../errors.ts";
import { given } from "../../parameters.ts";
import type { LogsFlags } from "../logs.ts";

/** `cilo cloud logs`: through the server, so that it needs no tunnel. */
export default async function cloudLogs(
  context: CiloContext,
  flags: LogsFlags & ServerFlag,
  ...[name = "", ...services]: string[]
): Promise<Answer | undefined> {
  const target = await cloudTarget(context, flags, parseLabel(name, "environment"));
  const known = target.environment.services.map((service) => service.name);
  const unknown = services.find((service) => !known.includes(service));
  if (unknown !== undefined)
    throw new CiloError(EngineCode.serviceNotFound, `${name} has no service ${unknown}`, {
      hint: `It has ${known.join(", ")}`,
    });
  const width = Math.max(0, ...known.map((service) => service.length));
  const lines = await target.session.client.environmentLogs({
    params: { id: EnvironmentId.parse(target.environment.id) },
    query: {
      follow: flags.follow,
      ...given({
        service: services.length === 1 ? services[0] : undefined,
        tail: flags.tail === undefined || flags.tail === "all" ? undefined : Number(flags.tail),
        since: flags.since === undefined ? undefined : sinceTime(flags.since),
      }),
    },
    signal: context.signal,
  });
  for await (const { service, time, stream, line } of lines) {
    if (services.length > 0 && !services.includes(service)) continue;
    const stamp = flags.timestamps && time !== undefined ? `${time} ` : "";
    const text = flags.json
      ? JSON.stringify({ service, ...given({ time }), stream, line })
      : `${service.padEnd(width)} | ${stamp}${line}`;
    context.streams.stdout.write(`${text}\n`);
  }
  return undefined;
}

/** A time as it is, or `10m`, `2h`, `30s` ago. */
function sinceTime(text: string): string {
  const ago = /^(\d+)([smhd])$/u.exec(text);
  if (ago !== null) {
    const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[ago[2] ?? "s"] ?? 1000;
    return new Date(systemClock.now() - Number(ago[1]) * unitMs).toISOString();
  }
  if (!Number.isNaN(Date.parse(text))) return new Date(text).toISOString();
  throw new CiloError(CliCode.usage, `--since ${JSON.stringify(text)} is no time`, {
    hint: "For example 10m or 2026-01-31T10:00:00Z",
  });
}
