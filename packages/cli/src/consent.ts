import { printable } from "@cilo/base";
import type { Consent } from "@cilo/engine";
import type { Prompts } from "./prompts.ts";

/** Asks on the terminal whether a hook that comes with a project may run; without one nobody is asked. */
export function terminalConsent(prompts: Prompts | undefined): Consent {
  return {
    allow: async ({ project, command, files }) => {
      if (prompts === undefined) return undefined;
      const content = files.length === 0 ? "" : ` (with the content of ${files.map(printable).join(", ")})`;
      return await prompts.confirm(
        `${printable(project)} wants to run this on your machine${content}:\n  ${printable(command)}\nAllow it, now and whenever it is exactly this?`,
      );
    },
  };
}
