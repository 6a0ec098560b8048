import type { Answer, GlobalFlags } from "../../answer.ts";
import type { CiloContext } from "../../context.ts";
import { table } from "../../table.ts";

/** `cilo dns status` */
export default async function showDnsStatus(context: CiloContext, _flags: GlobalFlags): Promise<Answer> {
  const system = await (await context.wiring()).system();
  const data = await system.dnsStatus(context.signal);
  return {
    data,
    text: (style) =>
      table(
        [
          [
            "name server",
            data.server.isRunning ? `127.0.0.1:${data.server.port}, process ${data.server.pid}` : "does not run",
          ],
          ["suffixes", data.suffixes.join(", ")],
          ["resolver", data.resolver.kind ?? "not set up"],
          ["system finds our names", data.resolver.works ? style.green("yes") : style.red("no")],
          ["environments with names", String(data.environments.length)],
          ["names", String(data.names)],
        ].map(([name, value]) => [style.dim(name ?? ""), value ?? ""]),
      ),
  };
}
