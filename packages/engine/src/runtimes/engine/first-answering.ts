import { isCiloError } from "@cilo/base";
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
