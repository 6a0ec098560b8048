import type { FastifyBaseLogger } from "fastify";

/** One JSON line per event: a constant message and fields. Never bodies, keys, or values of variables. */
export type Logger = FastifyBaseLogger;
