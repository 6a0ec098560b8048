import { CiloError } from "@cilo/base";
import type { Addressing } from "@cilo/engine";
import type { Answer, GlobalFlags } from "../answer.ts";
import type { CiloContext } from "../context.ts";
import { CliCode } from "../errors.ts";
import { given } from "../parameters.ts";
import type { HelperData } from "../system.ts";
import { table } from "../table.ts";

export interface InitFlags extends GlobalFlags {
  readonly undo: boolean;
  readonly dnsPort: number | undefined;
  readonly baseSubnet: string | undefined;
  readonly suffix: readonly string[] | undefined;
  readonly addressing: Addressing | undefined;
}

/** `cilo init` */
export default async function init(context: CiloContext, flags: InitFlags): Promise<Answer> {
  const { undo, dnsPort, baseSubnet, suffix: suffixes, addressing } = flags;
  if (undo) return await undoInit(context, flags);
  const system = await (await context.wiring()).system();
  const data = await system.init(given({ dnsPort, baseSubnet, suffixes, addressing }), context.signal);
  return {
    data,
    text: () =>
      [
        `names under ${data.suffixes.join(", ")} are served on 127.0.0.1:${data.dnsPort}; ${data.resolver} ${data.changed ? "asks" : "asked already"} there`,
        ...(data.files.length === 0 ? [] : [table(data.files.map((file) => ["  wrote", file]))]),
        ...helperLines(data.helper),
        "undo it with: sudo cilo init --undo",
      ].join("\n"),
  };
}

function helperLines(helper: HelperData | undefined): string[] {
  if (helper === undefined) return [];
  if (!helper.isInstalled)
    return [
      `tunnels need sudo, since the helper was not installed: ${helper.reason}`,
      ...(helper.hint === undefined ? [] : [`  ${helper.hint}`]),
    ];
  const joined = helper.joined === undefined ? "" : `; ${helper.joined} may use it from the next login on`;
  return [`tunnels need no sudo: the helper is installed (${helper.form})${joined}`];
}

async function undoInit(context: CiloContext, { dnsPort, baseSubnet, suffix, addressing }: InitFlags): Promise<Answer> {
  if ([dnsPort, baseSubnet, suffix, addressing].some((flag) => flag !== undefined))
    throw new CiloError(CliCode.usage, "--undo goes without other flags");
  const system = await (await context.wiring()).system();
  const data = await system.undo(context.signal);
  return {
    data,
    text: () =>
      data.resolver === undefined && data.files.length === 0
        ? "nothing was set up on this machine"
        : [
            `${data.resolver ?? "everything"} is as it was before`,
            table(data.files.map(({ path, result }) => [`  ${result}`, path])),
          ].join("\n"),
  };
}
