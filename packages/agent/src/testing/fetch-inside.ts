import * as z from "zod";

/** Does one request that standard input describes, and writes its status on a line, then its body. */
const Described = z.object({
  url: z.string(),
  method: z.exactOptional(z.string()),
  headers: z.exactOptional(z.record(z.string(), z.string())),
  body: z.exactOptional(z.string()),
});
const { url, ...init } = Described.parse(JSON.parse(await new Response(ReadableStream.from(process.stdin)).text()));
const response = await fetch(url, init);
process.stdout.write(`${response.status}\n`);
for await (const chunk of response.body ?? []) process.stdout.write(chunk);
