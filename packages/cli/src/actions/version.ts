import type { Answer } from "../answer.ts";
import { version } from "../version.ts";

/** `cilo version` */
export default async function showVersion(): Promise<Answer> {
  return await Promise.resolve({ data: { version }, text: () => version });
}
