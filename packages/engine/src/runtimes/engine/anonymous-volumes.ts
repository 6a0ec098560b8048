import { createHash } from "node:crypto";
import { Label } from "../../isolation/isolated-spec.ts";
import type { EngineClient } from "./client.ts";
import { ComposeLabel } from "./labels.ts";
import type { ListedContainer } from "./responses.ts";

/**
 * An anonymous volume carries no label: only the container that mounts it leads to it, and once Compose has recreated
 * that container the engine no longer removes the volume with it. So before containers go, the names of their anonymous
 * volumes are noted in the label of an empty volume that does carry the project's label. `destroy` finds them there,
 * also after a crash, and when a service was taken out of the project long before.
 */
const NOTED = "cilo.anonymous";

/** Names of the anonymous volumes that a container mounts; 64 hex digits each. */
export function anonymousVolumes({ Mounts }: Pick<ListedContainer, "Mounts">): string[] {
  return (Mounts ?? []).flatMap(({ Type, Name }) =>
    Type === "volume" && Name !== undefined && /^[0-9a-f]{64}$/u.test(Name) ? [Name] : [],
  );
}

/** Names that were noted in this volume's label. */
export function notedVolumes({ Labels }: { readonly Labels: Readonly<Record<string, string>> }): string[] {
  return Labels[NOTED]?.split(",") ?? [];
}

/** Notes the anonymous volumes of these containers. To note the same ones again changes nothing. */
export async function noteAnonymousVolumes(
  client: EngineClient,
  { composeProject, containers }: { readonly composeProject: string; readonly containers: readonly ListedContainer[] },
  options: { readonly signal: AbortSignal },
): Promise<void> {
  const names = [...new Set(containers.flatMap(anonymousVolumes))].sort();
  if (names.length === 0) return;
  const noted = names.join(",");
  const hash = createHash("sha256").update(noted).digest("hex").slice(0, 12);
  const home = containers.find(({ Labels }) => Label.home in Labels)?.Labels[Label.home];
  const labels = { [ComposeLabel.project]: composeProject, [NOTED]: noted, ...(home ? { [Label.home]: home } : {}) };
  const body = { Name: `${composeProject}_cilo-anonymous-${hash}`, Labels: labels };
  await client.call("POST", "/volumes/create", { ...options, body });
}
