import { CiloError } from "@cilo/base";
import type { Answer, GlobalFlags } from "../answer.ts";
import { captured } from "../captured.ts";
import type { CiloContext } from "../context.ts";
import { CliCode } from "../errors.ts";
import { withProgress } from "../operation.ts";
import { enter, entranceTo } from "../workbench.ts";

/** The user's own shell, where there is one that can be used. */
const SHELL = `user="$(id -un 2>/dev/null || id -u)"; shell=
[ -r /etc/passwd ] && while IFS=: read -r name _ _ _ _ _ program; do [ "$name" = "$user" ] && shell="$program"; done </etc/passwd
shell="\${SHELL:-$shell}"
case "$shell" in */nologin | */false) shell= ;; esac
[ -x "$shell" ] || shell=/bin/sh
exec "$shell"`;

/** `cilo shell <env> [service]` */
export default async function shell(
  context: CiloContext,
  flags: GlobalFlags,
  environment: string,
  named: string | undefined,
): Promise<Answer> {
  const { environments } = await context.wiring();
  const workbench =
    named === undefined || named === "dev"
      ? await withProgress(context, async (operation) => await environments.attach(environment, operation))
      : undefined;
  const service = named ?? workbench?.service ?? (await onlyService(context, environment));
  const entrance = await entranceTo(context, environment, service);
  const how = await enter(context, entrance, { user: undefined, workdir: undefined, env: undefined });
  if (flags.json)
    return await captured(context, ["exec", "--no-tty", environment, entrance.service, "/bin/sh", "-c", SHELL]);
  const { stdin, stdout } = context.streams;
  const tty = stdin.isTTY === true && stdout.isTTY === true;
  const action = { kind: "exec", service: entrance.service, command: ["/bin/sh", "-c", SHELL], tty, ...how } as const;
  const { signal } = new AbortController();
  const exitCode = await context.attached(
    async () => await entrance.runtime.attach(entrance.target, action, { signal }),
  );
  return { data: { exitCode }, text: () => "", exitCode };
}

/** Of a project without a devcontainer. */
async function onlyService(context: CiloContext, environment: string): Promise<string> {
  const { environments } = await context.wiring();
  const { serviceStatus } = await environments.status(environment, { signal: context.signal });
  const [first, ...more] = serviceStatus.map(({ service }) => service);
  if (first !== undefined && more.length === 0) return first;
  throw new CiloError(CliCode.usage, `${environment} has several services; name one`, {
    hint: `One of ${[first, ...more].join(", ")}: cilo shell ${environment} ${first ?? "SERVICE"}`,
  });
}
