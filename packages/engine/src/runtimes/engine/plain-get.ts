import { connect } from "node:net";

/** An answer that was read whole. */
export interface WholeAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

/** The engine closed the connection before its answer was whole. */
export class BrokenAnswer extends Error {
  /** True when nothing of it had come, as when the engine is being restarted. */
  readonly isEmpty: boolean;

  constructor(isEmpty: boolean) {
    super("the engine broke off its answer");
    this.isEmpty = isEmpty;
  }
}

/**
 * A GET over a local socket whose answer is read whole. In HTTP/1.0, in which an answer ends with its connection: what is
 * left of the protocol is a head and a body. Node's HTTP client, with its agents, pools and streams, takes a tenth of the time of `cilo list`.
 *
 * @throws BrokenAnswer, the system's error, or `signal`'s reason
 */
export async function plainGet(
  socketPath: string,
  path: string,
  { signal }: { readonly signal: AbortSignal },
): Promise<WholeAnswer> {
  signal.throwIfAborted();
  return await new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(socketPath);
    const abort = (): void => void socket.destroy();
    signal.addEventListener("abort", abort, { once: true });
    socket.on("data", (chunk: Buffer) => void chunks.push(chunk));
    socket.once("error", (error) => reject(error));
    socket.once("close", () => {
      signal.removeEventListener("abort", abort);
      if (signal.aborted) return reject(signal.reason);
      const answer = parseAnswer(Buffer.concat(chunks));
      if (answer === undefined) reject(new BrokenAnswer(chunks.length === 0));
      else resolve(answer);
    });
    socket.write(`GET ${path} HTTP/1.0\r\nHost: engine\r\n\r\n`);
  });
}

/** `undefined` for one that is not whole. */
function parseAnswer(bytes: Buffer): WholeAnswer | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  const [first = "", ...lines] = bytes.toString("latin1", 0, Math.max(end, 0)).split("\r\n");
  const status = /^HTTP\/1\.\d (\d{3})/u.exec(first)?.[1];
  if (end === -1 || status === undefined) return undefined;
  const headers = new Map(lines.map((line) => [nameOf(line), line.slice(line.indexOf(":") + 1).trim()]));
  const body = bytes.subarray(end + 4);
  const length = headers.get("content-length");
  if (length !== undefined && Number(length) !== body.length) return undefined;
  return { status: Number(status), headers, text: body.toString("utf8") };
}

function nameOf(line: string): string {
  return line.slice(0, line.indexOf(":")).toLowerCase();
}
