/** What is written to. Node's streams are such; tests collect. */
export interface OutputStream {
  write(text: string | Uint8Array): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

export interface InputStream {
  readonly isTTY?: boolean;
  /** The stream itself, for what reads it; opened then, not before. */
  readonly open?: () => NodeJS.ReadStream;
}

export interface Streams {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}
