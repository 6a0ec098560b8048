import type { Style } from "./style.ts";

/** What a command answers. Commands return it; one renderer prints it. */
export interface Answer {
  /** Printed with `--json`: a contract, docs/reference/json.md. */
  readonly data: unknown;
  /** Printed otherwise, with a line end added; `""` prints nothing. */
  readonly text: (style: Style) => string;
  /** Default 0. */
  readonly exitCode?: number;
}

/** Arguments of every command. */
export interface GlobalFlags {
  readonly json: boolean;
  readonly quiet: boolean;
}
