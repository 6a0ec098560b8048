import type { Answer, GlobalFlags } from "../answer.ts";
import { readAuth } from "../cloud/auth-file.ts";
import type { CiloContext } from "../context.ts";
import { ExitCode } from "../exit-codes.ts";
import { homeRoot } from "../home-root.ts";
import type { Style } from "../style.ts";
import type { Check, Finding } from "../doctor/check.ts";

interface CheckedFinding {
  readonly check: string;
  readonly status: "ok" | "warn" | "fail";
  readonly message: string;
  readonly hint?: string;
  /** `doctor --fix` can mend it. */
  readonly fixable: boolean;
  /** What `--fix` did about it. */
  readonly fixed?: string;
}

/** `cilo doctor` */
export default async function doctor(
  context: CiloContext,
  { fix }: GlobalFlags & { readonly fix: boolean },
): Promise<Answer> {
  const { checks } = await (await context.wiring()).system();
  const findings: CheckedFinding[] = [];
  for (const check of checks)
    for (const finding of await runCheck(check, context.signal))
      findings.push(await dealWith(check.name, finding, { fix, signal: context.signal }));
  findings.push(...(await cloudFindings(context)));
  const ok = findings.every(({ status, fixed }) => status !== "fail" || fixed !== undefined);
  return {
    data: { ok, findings },
    text: (style) => findings.map((finding) => text(finding, style)).join("\n"),
    exitCode: ok ? ExitCode.ok : ExitCode.failed,
  };
}

/** The way to the server last logged in to, and to its machines. */
async function cloudFindings(context: CiloContext): Promise<CheckedFinding[]> {
  const { current } = await readAuth(homeRoot(context));
  if (current === undefined) return [];
  const { checkNetwork } = await import("../cloud/netcheck.ts");
  const checks = await checkNetwork(context, { server: current });
  return checks.map(({ check, ...finding }) => ({ check: `cloud ${check}`, ...finding, fixable: false }));
}

/** A check that breaks is a finding: the others are still of use. */
async function runCheck(check: Check, signal: AbortSignal): Promise<readonly Finding[]> {
  try {
    return await check.run(signal);
  } catch (error) {
    signal.throwIfAborted();
    return [failure(error)];
  }
}

function failure(error: unknown): Finding {
  const message = error instanceof Error ? error.message : String(error);
  const hint = error instanceof Error && "hint" in error && typeof error.hint === "string" ? error.hint : undefined;
  return { status: "fail", message, ...(hint === undefined ? {} : { hint }) };
}

async function dealWith(
  check: string,
  { fix: mend, ...finding }: Finding,
  { fix, signal }: { readonly fix: boolean; readonly signal: AbortSignal },
): Promise<CheckedFinding> {
  const checked = { check, ...finding, fixable: mend !== undefined };
  if (!fix || mend === undefined || finding.status === "ok") return checked;
  try {
    return { ...checked, fixed: await mend(signal) };
  } catch (error) {
    signal.throwIfAborted();
    return {
      ...checked,
      status: "fail",
      message: `${finding.message}; it could not be mended: ${failure(error).message}`,
    };
  }
}

function text({ check, status, message, hint, fixable, fixed }: CheckedFinding, style: Style): string {
  const colour = { ok: style.green, warn: style.yellow, fail: style.red }[status];
  const next =
    fixed === undefined ? (hint ?? (fixable && status !== "ok" ? "cilo doctor --fix" : undefined)) : undefined;
  return [
    `${colour(status.padEnd(4))}  ${style.bold(check)}: ${message}`,
    ...(fixed === undefined ? [] : [`      ${style.green("fixed")}: ${fixed}`]),
    ...(next === undefined ? [] : [`      ${style.cyan("→")} ${next}`]),
  ].join("\n");
}
