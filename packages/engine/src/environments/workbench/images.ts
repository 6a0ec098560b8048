import { BaseCode, CiloError, isCiloError, run } from "@cilo/base";
import { EngineCode } from "../../errors.ts";
import type { ImageFacts } from "../../parsers/parser.ts";
import type { EngineProgram, Runtime } from "../../runtimes/runtime.ts";

export interface Image extends ImageFacts {
  /** `sha256:` and hex digits, or the digits alone. */
  readonly id: string;
}

interface Engine {
  readonly runtime: Runtime;
  readonly program: EngineProgram;
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
}

/** What the engine has by that name; `undefined` when it has nothing. */
export async function inspectImage(reference: string, { runtime, signal }: Engine): Promise<Image | undefined> {
  const details = await runtime.image(reference, { signal });
  return details === undefined ? undefined : { ...details, reference };
}

/** The image, pulled when it is not there. @throws CiloError `IMAGE_UNAVAILABLE` */
export async function ensureImage(reference: string, engine: Engine): Promise<Image> {
  const there = await inspectImage(reference, engine);
  if (there !== undefined) return there;
  const { program, signal, onLine } = engine;
  try {
    await run(program.file, ["pull", "--", reference], { env: program.env, signal, onLine });
  } catch (cause) {
    if (!isCiloError(cause, BaseCode.commandFailed)) throw cause;
    throw new CiloError(EngineCode.imageUnavailable, `the image ${reference} cannot be had: ${cause.message}`, {
      cause,
      hint: "Check its name, or log in to its registry: docker login",
    });
  }
  return await needImage(reference, engine);
}

/** The image that was just made. */
export async function needImage(reference: string, engine: Engine): Promise<Image> {
  const image = await inspectImage(reference, engine);
  if (image !== undefined) return image;
  throw new CiloError(EngineCode.engineFailed, `the engine has no image ${reference}, although it was just made`);
}

/** The image under a name of its own that says which one it is. */
export async function tagById(image: Image, repository: string, { runtime, signal }: Engine): Promise<Image> {
  const reference = `${repository}:${image.id.replace(/^sha256:/u, "").slice(0, 12)}`;
  await runtime.tag({ imageId: image.id, name: reference }, { signal });
  return { ...image, reference };
}

export type { Engine as ImageEngine };
