import type { Answer, GlobalFlags } from "../../answer.ts";
import { type NetworkCheck, checkNetwork } from "../../cloud/netcheck.ts";
import type { ServerFlag } from "../../cloud/session.ts";
import type { CiloContext } from "../../context.ts";
import { table } from "../../table.ts";

/** `cilo cloud netcheck`: what of server, WireGuard, UDP, routes and names works from here. */
export default async function cloudNetcheck(context: CiloContext, flags: GlobalFlags & ServerFlag): Promise<Answer> {
  const checks = await checkNetwork(context, flags);
  const isOk = checks.every(({ status }) => status !== "fail");
  return {
    data: { ok: isOk, checks },
    text: (style) => {
      const mark = ({ status }: NetworkCheck): string =>
        status === "ok" ? style.green("ok") : status === "warn" ? style.yellow("warn") : style.red("fail");
      return table(checks.map((check) => [mark(check), check.check, check.message, check.hint ?? ""]));
    },
    exitCode: isOk ? 0 : 1,
  };
}
