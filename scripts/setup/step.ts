/** One change to the system, told before it is made and afterwards with the way back. */
export interface Step {
  /** "install docker.io with apt-get" */
  readonly what: string;
  /** The command that takes it back, or a sentence. */
  readonly undo: string;
  apply(): Promise<void>;
}
