import { cloudFlags } from "../../../cloud/flags.ts";
import { command } from "../../../command.ts";
import { text } from "../../../parameters.ts";

export const cloudKeysCreateCommand = command({
  load: () => import("../../../actions/cloud/keys/create.ts"),
  parameters: {
    flags: {
      ...cloudFlags,
      scope: {
        kind: "parsed",
        parse: text,
        default: "developer",
        brief: "admin, developer or ci",
        placeholder: "scope",
      },
    },
    positional: {
      kind: "tuple",
      parameters: [{ parse: text, brief: "The person, or what it is for", placeholder: "name" }],
    },
  },
  brief: "Create an API key; it is shown once",
});
