import { isCiloError, isErrno } from "@cilo/base";
import { EngineCode } from "../../errors.ts";
import { connectEngine, type EngineClient, unreachableReason } from "./client.ts";
import type { EngineCandidate } from "./endpoint.ts";

/** Why a way to an engine led nowhere. */
export interface Refusal {
  readonly from: string;
  /** Absent when there was nothing to try. */
  readonly url?: string;
  readonly reason: string;
  readonly cause?: unknown;
}

/** The first candidate that answers, or why none does. */
export async function firstAnswering(
  candidates: readonly EngineCandidate[],
  options: { readonly signal: AbortSignal },
): Promise<EngineClient | readonly Refusal[]> {
  const refusals: Refusal[] = [];
  for (const candidate of candidates) {
    if ("refusal" in candidate) {
      refusals.push({ from: candidate.from, reason: candidate.refusal });
      continue;
    }
    try {
      return await connectEngine(candidate.endpoint, options);
    } catch (error) {
      if (!isCiloError(error, EngineCode.engineUnreachable)) throw error;
      const { from, endpoint } = candidate;
      refusals.push({ from, url: endpoint.url, reason: unreachableReason(error.cause), cause: error.cause });
    }
  }
  return refusals;
}

/** Tells the two answers of {@link firstAnswering} apart. */
export function isRefusals(answer: EngineClient | readonly Refusal[]): answer is readonly Refusal[] {
  return Array.isArray(answer);
}

/** Why none answered, in one line; sockets that are not there are told of only when there is nothing else. */
export function refusalsText(refusals: readonly Refusal[]): string {
  const found = refusals.filter(({ cause }) => !isErrno(cause, "ENOENT"));
  const told = refusals.length === 1 ? refusals : found;
  return (told.length === 0 ? refusals.slice(0, 1) : told)
    .map(({ from, url, reason }) => `${url === undefined ? "" : `at ${url} `}(${from}): ${reason}`)
    .join("; ");
}
