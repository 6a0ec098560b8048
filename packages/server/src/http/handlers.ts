import type { AnswerOf, Route } from "@cilo/api";
import type * as z from "zod";
import type { Caller } from "../auth/keys.ts";

/** What a handler gets: the request's parts, checked against the contract, and who asks. */
export type Request<R extends Route> = {
  readonly signal: AbortSignal;
  readonly requestId: string;
  readonly caller: R["access"] extends { kind: "key" } ? Caller : undefined;
} & (R extends { params: infer P extends z.ZodType } ? { readonly params: z.output<P> } : unknown) &
  (R extends { query: infer Q extends z.ZodType } ? { readonly query: z.output<Q> } : unknown) &
  (R extends { body: infer B extends z.ZodType } ? { readonly body: z.output<B> } : unknown);

/** One handler per route. */
export type Handlers<Routes extends Readonly<Record<string, Route>>> = {
  readonly [Name in keyof Routes]: (request: Request<Routes[Name]>) => Promise<AnswerOf<Routes[Name]>>;
};
