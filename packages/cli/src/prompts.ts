import { CiloError } from "@cilo/base";
import { CliCode } from "./errors.ts";

/** Asks a person. There is none without a terminal, and then nothing is asked. */
export interface Prompts {
  text(
    question: string,
    options: { readonly initial: string; readonly check: (answer: string) => string | undefined },
  ): Promise<string>;
  /** What is typed is not shown. */
  secret(question: string): Promise<string>;
  confirm(question: string): Promise<boolean>;
  choose(question: string, choices: readonly Choice[]): Promise<string>;
  chooseAny(question: string, choices: readonly Choice[]): Promise<readonly string[]>;
}

export interface Choice {
  readonly value: string;
  readonly label?: string;
}

/** Prompts on the terminal; questions are drawn on stderr, since stdout is the answer. */
export function terminalPrompts(output: NodeJS.WriteStream, signal: AbortSignal): Prompts {
  const common = { output, signal };
  const load = async () => await import("@clack/prompts");
  return {
    text: async (message, { initial, check }) => {
      const { text } = await load();
      const answer = await text({ ...common, message, initialValue: initial, validate: (value) => check(value ?? "") });
      return typeof answer === "symbol" ? interrupted() : answer;
    },
    secret: async (message) => {
      const { password } = await load();
      const answer = await password({ ...common, message });
      return typeof answer === "symbol" ? interrupted() : answer;
    },
    confirm: async (message) => {
      const { confirm } = await load();
      const answer = await confirm({ ...common, message, initialValue: false });
      return typeof answer === "symbol" ? interrupted() : answer;
    },
    choose: async (message, choices) => {
      const { select } = await load();
      const answer = await select({ ...common, message, options: choices.map((choice) => ({ ...choice })) });
      return typeof answer === "symbol" ? interrupted() : answer;
    },
    chooseAny: async (message, choices) => {
      const { multiselect } = await load();
      const options = choices.map((choice) => ({ ...choice }));
      const answer = await multiselect({ ...common, message, options, required: false });
      return typeof answer === "symbol" ? interrupted() : answer;
    },
  };
}

/** Ctrl-C at a question ends the command. */
function interrupted(): never {
  throw new CiloError(CliCode.interrupted, "interrupted");
}
