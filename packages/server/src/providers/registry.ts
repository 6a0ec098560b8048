import { tmpdir } from "node:os";
import type { Variables } from "../config.ts";
import { createManualProvider } from "./manual/manual-provider.ts";
import type { Provider } from "./provider.ts";

/** The provider that machines are added with. */
export function createProvider({ variables }: { readonly variables: Variables }): Provider {
  // OpenSSH finds its programs, configuration and agent by these; of the rest, secrets too, it is told nothing.
  const { PATH, HOME, SSH_AUTH_SOCK } = variables;
  return createManualProvider({ env: { PATH, HOME, SSH_AUTH_SOCK }, temporaryFolder: tmpdir() });
}
