import { command } from "../command.ts";
import { globalFlags } from "../parameters.ts";
import { type Shell, shells } from "../completion/shells.ts";

export const completionCommand = command({
  load: () => import("../actions/completion.ts"),
  parameters: {
    flags: globalFlags,
    positional: {
      kind: "tuple",
      parameters: [
        {
          parse: (input: string): Shell => {
            const shell = shells.find((one) => one === input);
            if (shell === undefined) throw new Error(`it is one of ${shells.join(", ")}`);
            return shell;
          },
          proposeCompletions: () => shells,
          brief: `Shell: ${shells.join(", ")}`,
          placeholder: "shell",
        },
      ],
    },
  },
  brief: "Print a shell's completion script",
  description:
    'bash: add  source <(cilo completion bash)  to ~/.bashrc. zsh: cilo completion zsh > "${fpath[1]}/_cilo". fish: cilo completion fish > ~/.config/fish/completions/cilo.fish.',
});
