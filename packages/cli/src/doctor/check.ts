/** One thing `doctor` looks at. */
export interface Check {
  readonly name: string;
  run(signal: AbortSignal): Promise<readonly Finding[]>;
}

export interface Finding {
  readonly status: "ok" | "warn" | "fail";
  readonly message: string;
  readonly hint?: string;
  /** Mends it and answers what was done. */
  readonly fix?: (signal: AbortSignal) => Promise<string>;
}
