/** What is wrong with a YAML text, and the offset where. */
export class YamlFault extends Error {
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** Deeper nesting than any project has; keeps recursion over values within the stack. */
export const MAX_DEPTH = 1000;
