import * as z from "zod/mini";

/** Something a user should know and need not act on, e.g. that a published port was taken away. */
export const Notice = z.object({
  /** Stable, e.g. `port-not-published`. */
  code: z.string(),
  /** One line. */
  message: z.string(),
  /** The service it is about; absent when it is about the project. */
  service: z.optional(z.string()),
});
export type Notice = z.infer<typeof Notice>;
