import { CiloError } from "@cilo/base";
import { EnvironmentId, ExecStart, openExec } from "@cilo/api";
import * as z from "zod";

/** Runs the command that standard input describes, and writes what it wrote and how it ended, or the code of a refusal. */
const Described = z.object({
  baseUrl: z.string(),
  token: z.string(),
  environmentId: EnvironmentId,
  start: ExecStart.omit({ type: true }),
  input: z.string(),
});
const request = Described.parse(JSON.parse(await new Response(ReadableStream.from(process.stdin)).text()));
const output = { stdout: "", stderr: "" };

async function result(): Promise<number | string> {
  try {
    const session = await openExec({
      ...request,
      onOutput: (data, stream) => void (output[stream] += Buffer.from(data).toString()),
      signal: AbortSignal.timeout(30_000),
    });
    await session.write(Buffer.from(request.input));
    session.endInput();
    return await session.exit;
  } catch (error) {
    if (error instanceof CiloError) return error.code;
    throw error;
  }
}

const code = await result();
process.stdout.write(JSON.stringify({ ...output, code }));
