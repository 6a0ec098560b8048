import type { Answer, GlobalFlags } from "../../answer.ts";
import type { CiloContext } from "../../context.ts";
import { table } from "../../table.ts";

/** `cilo dns status` */
export default async function showDnsStatus(context: CiloContext, _flags: GlobalFlags): Promise<Answer> {
  const system = await (await context.wiring()).system();
  const data = await system.dnsStatus(context.signal);
  const { resolver } = data;
  const missing = data.suffixes.filter((suffix) => !resolver.found.includes(suffix));
  return {
    data,
    text: (style) =>
      table(
        [
          ["name server", data.running ? `127.0.0.1 port ${data.port}, process ${data.pid}` : "does not run"],
          ["names", `${data.names} of ${data.environments} environments, and ${data.wildcards} wildcards`],
          ["all of them answer", yesNo(data.complete, style)],
          [
            "system's resolver",
            `${resolver.kind ?? "unknown"}${resolver.isSetUp ? "" : ", not set up (sudo cilo init)"}`,
          ],
          [
            "it finds our names",
            missing.length === 0 ? style.green("yes") : style.red(`not under ${missing.join(", ")}`),
          ],
          ...resolver.changedFiles.map((file) => ["changed since cilo init", file]),
        ].map(([name, value]) => [style.dim(name ?? ""), value ?? ""]),
      ),
  };
}

function yesNo(yes: boolean, style: { green: (text: string) => string; red: (text: string) => string }): string {
  return yes ? style.green("yes") : style.red("no");
}
