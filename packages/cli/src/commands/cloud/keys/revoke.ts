import { cloudFlags } from "../../../cloud/flags.ts";
import { command } from "../../../command.ts";
import { text } from "../../../parameters.ts";

export const cloudKeysRevokeCommand = command({
  load: () => import("../../../actions/cloud/keys/revoke.ts"),
  parameters: {
    flags: cloudFlags,
    positional: { kind: "tuple", parameters: [{ parse: text, brief: "Identifier of the key", placeholder: "id" }] },
  },
  brief: "Revoke an API key with its devices and open streams, at once",
});
