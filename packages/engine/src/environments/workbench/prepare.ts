import { createHash } from "node:crypto";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { renderComposeFile } from "../../runtimes/compose/compose-file.ts";
import { composeProjectName, environmentLabels, imageName } from "../../isolation/names.ts";
import type { IsolatedSpec } from "../../isolation/isolated-spec.ts";
import type { Service } from "../../spec/spec.ts";
import type { Workbench, WorkbenchImage } from "../../spec/workbench.ts";
import type { Change } from "../../workspace/workspace.ts";
import type { UnappliedPaths } from "../applied.ts";
import { editsFingerprint } from "../builds.ts";
import { type Desired, documentVariables, readDesired } from "../desired.ts";
import type { Located } from "../environments.ts";
import { withoutGenerated } from "../generated.ts";
import { storedIsolation } from "../isolation-file.ts";
import { previewAllocation } from "../preview-allocation.ts";
import { isInside } from "../source.ts";
import type { Work } from "../work.ts";
import { buildFeatures } from "./features.ts";
import { type Image, type ImageEngine, ensureImage, inspectImage, needImage, tagById } from "./images.ts";
import { loadImage, saveImage } from "./stored.ts";
import { changeUserId } from "./user-id.ts";

export interface Preparation {
  readonly located: Located;
  readonly desired: Desired;
  readonly build: boolean;
  readonly unapplied: UnappliedPaths;
  readonly edits: readonly Change[];
}

/** What has to be made, and from what. */
interface Making {
  readonly isolated: IsolatedSpec;
  readonly workbench: Workbench;
  readonly wanted: WorkbenchImage;
  /** The service as it would run. */
  readonly service: Service;
  /** Folders whose files go into it. */
  readonly contexts: readonly string[];
  readonly engine: ImageEngine;
}

/**
 * Makes the image that the workbench of a project needs and reads the project again for it, since an image brings
 * settings of its own. What was made from the same things before is used again. Without a workbench nothing is done.
 *
 * @throws CiloError `BUILD_FAILED`, `IMAGE_UNAVAILABLE`, and of the parser
 */
export async function prepareWorkbench(work: Work, preparation: Preparation): Promise<Desired> {
  const { located, desired } = preparation;
  const { workbench } = desired.project.spec;
  if (workbench?.image === undefined) return desired;
  const wanted = workbench.image;
  return await work.progress.phase("image", async () => {
    const making = await planMaking(work, preparation, { workbench, wanted });
    const image = (await sameAsBefore(making, preparation)) ?? (await make(work, making, preparation));
    return await readDesired(work.deps, located, image);
  });
}

async function planMaking(
  work: Work,
  { located, desired }: Preparation,
  { workbench, wanted }: { readonly workbench: Workbench; readonly wanted: WorkbenchImage },
): Promise<Making> {
  const { signal, onEvent } = work.context;
  const preview = desired.isolate(previewAllocation(desired.needs, located.record.allocation));
  const { spec } = desired.project;
  const { workspace } = located.paths;
  const isolated = (await work.deps.guard?.admit({ spec, isolated: preview, workspace }, { signal })) ?? preview;
  const service = isolated.document.services[workbench.service] ?? {};
  const built = storedIsolation(isolated).services.find(({ name }) => name === builderOf(isolated, service));
  const local = Object.keys(wanted.features).filter((id) => id.startsWith("./"));
  const program = await work.runtime.program({ signal });
  return {
    isolated,
    workbench,
    wanted,
    service,
    contexts: [...(built?.buildContexts ?? []), ...local.map((id) => join(featureFolder(located, wanted), id))],
    engine: {
      runtime: work.runtime,
      program: { ...program, env: { ...program.env, ...work.operation.env } },
      signal,
      onLine: (line) => onEvent({ kind: "engine", line }),
    },
  };
}

/** The service that builds the image of this one; `undefined` where it is pulled. */
function builderOf(isolated: IsolatedSpec, service: Service): string | undefined {
  return Object.entries(isolated.document.services).find(
    ([, other]) => other.build !== undefined && other.image === service.image,
  )?.[0];
}

/** In the workspace, where the file lies that the workbench comes from. */
function featureFolder({ record, paths }: Located, { file }: WorkbenchImage): string {
  const folder = dirname(file);
  return isInside(record.sourceRoot, folder) ? join(paths.workspace, folder.slice(record.sourceRoot.length)) : folder;
}

async function sameAsBefore(making: Making, preparation: Preparation): Promise<Image | undefined> {
  const { located, build, unapplied } = preparation;
  const last = await loadImage(located.paths);
  if (last === undefined || build || unapplied === "unknown") return undefined;
  const isIn = (path: string): boolean =>
    making.contexts.some((folder) => isInside(folder, join(located.paths.workspace, path)));
  if (unapplied.some(isIn) || last.madeFrom !== (await madeFrom(making, preparation))) return undefined;
  return await inspectImage(last.reference, making.engine);
}

/** Changes when another image would be made. */
async function madeFrom(making: Making, { located, edits }: Preparation): Promise<string> {
  const { service, wanted, contexts, workbench } = making;
  const isolation = storedIsolation(making.isolated);
  const [first] = isolation.services;
  const watched = first === undefined ? [] : [{ ...first, buildContexts: [...contexts] }];
  // What the project's own commands made is no reason to build again.
  const own = await withoutGenerated(located.paths, edits);
  const edited = await editsFingerprint({ ...isolation, services: watched }, located.paths.workspace, own);
  const parts = [service.image, service.build, wanted, usersOf(workbench, service), edited];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

async function make(work: Work, making: Making, preparation: Preparation): Promise<Image> {
  const { located } = preparation;
  const repository = repositoryOf(making);
  const base = await baseImage(work, making, preparation);
  const hasFeatures = Object.keys(making.wanted.features).length > 0;
  const featured = hasFeatures ? await withFeatures(making, { base, located }) : base;
  const image = (await withUserId(work, { making, image: featured, located })) ?? featured;
  const isOwn = image !== base || builderOf(making.isolated, making.service) !== undefined;
  const named = isOwn ? await tagById(image, repository, making.engine) : image;
  await saveImage(located.paths, { madeFrom: await madeFrom(making, preparation), reference: named.reference });
  return named;
}

function repositoryOf({ isolated, workbench }: Making): string {
  const label = isolated.services.find(({ name }) => name === workbench.service)?.label ?? "dev";
  return `${imageName(isolated.identity, label)}/workbench`;
}

/** Built as Compose would build it, or pulled. */
async function baseImage(work: Work, making: Making, { located, desired }: Preparation): Promise<Image> {
  const { isolated, service, engine } = making;
  const builder = builderOf(isolated, service);
  if (builder === undefined || service.image === undefined) return await ensureImage(service.image ?? "", engine);
  const composeFile = join(located.paths.workbench, "build.yaml");
  await mkdir(located.paths.workbench, { recursive: true, mode: 0o700 });
  const only = isolated.document.services[builder] ?? {};
  const { image, build } = only;
  const document = {
    name: isolated.composeProject,
    services: { [builder]: { ...(image === undefined ? {} : { image }), ...(build === undefined ? {} : { build }) } },
    ...(isolated.document.secrets === undefined ? {} : { secrets: isolated.document.secrets }),
  };
  await writeFile(composeFile, renderComposeFile(document), { mode: 0o600 });
  const env = documentVariables(document, { ...work.deps.env, ...desired.project.spec.variables });
  const { signal, onLine: onProgress } = engine;
  await work.runtime.build({ composeProject: isolated.composeProject, composeFile, env }, [builder], {
    signal,
    onProgress,
  });
  return await needImage(service.image, engine);
}

async function withFeatures(
  making: Making,
  { base, located }: { readonly base: Image; readonly located: Located },
): Promise<Image> {
  const name = `${repositoryOf(making)}:features`;
  const build = {
    base,
    wanted: making.wanted,
    folder: featureFolder(located, making.wanted),
    users: usersOf(making.workbench, making.service),
    name,
    labels: labelsOf(making),
    scratch: join(located.paths.workbench, "features"),
  };
  await buildFeatures(build, making.engine);
  return await needImage(name, making.engine);
}

/** By which everything of the environment is found again, and removed with it. */
function labelsOf({ isolated }: Making): Record<string, string> {
  return {
    ...environmentLabels(isolated.identity),
    "com.docker.compose.project": composeProjectName(isolated.identity),
  };
}

function usersOf({ user }: Workbench, service: Service): { remoteUser?: string; containerUser?: string } {
  return {
    ...(user === undefined ? {} : { remoteUser: user }),
    ...(service.user === undefined ? {} : { containerUser: service.user }),
  };
}

/** The image with the id of the copy's owner for the user; `undefined` where that changes nothing. */
async function withUserId(
  work: Work,
  { making, image, located }: { readonly making: Making; readonly image: Image; readonly located: Located },
): Promise<Image | undefined> {
  const { uid, gid } = await stat(located.paths.workspace);
  if (process.platform !== "linux" || uid === 0) return undefined;
  // The image's label may say who enters, and that it is to be left alone.
  const { workbench } = (await readDesired(work.deps, located, image)).project.spec;
  const user = workbench?.user ?? image.user.split(":")[0] ?? "";
  if (workbench?.matchUserId !== true || user === "" || user === "root" || /^\d+$/u.test(user)) return undefined;
  const name = `${repositoryOf(making)}:user`;
  const scratch = join(located.paths.workbench, "user");
  await changeUserId({ base: image, user, uid, gid, name, labels: labelsOf(making), scratch }, making.engine);
  return await needImage(name, making.engine);
}
