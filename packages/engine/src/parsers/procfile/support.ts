import { ENGINES } from "./addons.ts";
import { languages } from "./languages/index.ts";

/** Members of `app.json` and what becomes of them. What is not here is told and not used. */
export const APP_JSON: Readonly<Record<string, { readonly state: "done" | "told" | "ignored"; readonly how: string }>> =
  {
    addons: { state: "done", how: "services; `as` and `options.version` count, plans do not" },
    buildpacks: { state: "done", how: "of several languages the last named one runs the project" },
    description: { state: "ignored", how: "for the catalogue" },
    env: { state: "done", how: "`value`, `generator: secret`; one without a value that is required is told" },
    environments: { state: "ignored", how: "for review and test apps" },
    formation: {
      state: "done",
      how: "`quantity` (`amount` in `scalingo.json`) of 0: not started; more than 1 is not used",
    },
    image: { state: "ignored", how: "the image is made from the project's own files" },
    keywords: { state: "ignored", how: "for the catalogue" },
    logo: { state: "ignored", how: "for the catalogue" },
    name: { state: "ignored", how: "the folder's name counts" },
    repository: { state: "ignored", how: "for the catalogue" },
    scripts: { state: "told", how: "`postdeploy` is printed as the command to run" },
    stack: { state: "ignored", how: "the image is made from the project's own files" },
    success_url: { state: "ignored", how: "for the catalogue" },
    website: { state: "ignored", how: "for the catalogue" },
  };

/** One thing of a Procfile project, for the page of formats. */
export interface ProcfileSupport {
  readonly kind: "app.json" | "add-on" | "language";
  readonly name: string;
  readonly state: string;
  readonly how: string;
}

/** All that is read beside the Procfile itself. */
export function procfileSupport(): readonly ProcfileSupport[] {
  const members = Object.entries(APP_JSON).map(([name, what]) => ({ kind: "app.json" as const, name, ...what }));
  const addons = Object.entries(ENGINES).flatMap(([engine, { kinds, suffix }]) =>
    Object.entries(kinds).map(([name, prefix]) => ({
      kind: "add-on" as const,
      name,
      state: "done",
      how: `\`${engine}\`, \`${prefix}${suffix}\``,
    })),
  );
  const known = languages.map(({ name, id, looksFor }) => ({
    kind: "language" as const,
    name,
    state: "done",
    how: `${looksFor.map((file) => `\`${file}\``).join(", ")}; base image \`CILO_IMAGE_${id}\``,
  }));
  return [...members, ...addons, ...known];
}
