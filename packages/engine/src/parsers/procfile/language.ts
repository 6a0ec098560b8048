import type { Project } from "./project.ts";

/** A language that a project is written in. */
export interface Detection {
  /** As people call it. */
  readonly language: string;
  /** As the file says it, a range as well; empty where nothing does. */
  readonly version: string;
  /** The file it is from; `default` where nothing says one. */
  readonly versionSource: string;
  /** What fetches its packages. */
  readonly manager: string;
  /** What it runs on, where that has a version of its own. */
  readonly runtime?: string;
}

/** What an image of a language is made of. File names are relative to the project. */
export interface Plan {
  /** The base image. */
  readonly image: string;
  /** Packages of the distribution, where it is Debian. */
  readonly packages?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Commands as root, before any file of the project. */
  readonly setup?: readonly string[];
  /** What the packages are told by: copied before the rest, so that only a change in these fetches again. */
  readonly manifests: readonly string[];
  /** Commands that fetch the packages. */
  readonly install: readonly string[];
  /** Whether `install` needs the whole project. */
  readonly needsSource?: boolean;
  /** Commands with the whole project there. */
  readonly build?: readonly string[];
  /** Folders that are made again, and so are not copied. */
  readonly ignore?: readonly string[];
  /** What another language's image takes from `image` to have this one too. */
  readonly carried?: readonly string[];
  /** How the project is started where it has no Procfile process for it. */
  readonly start?: string;
}

/** One language. The whole of it is one file in languages/; the list is languages/index.ts. */
export interface Language {
  readonly name: string;
  /** The variable that names another base image ends in this. */
  readonly id: string;
  /** Files that show the language, told where no language is found. */
  readonly looksFor: readonly string[];
  /** Names of buildpacks, in `heroku/NAME` or `heroku-buildpack-NAME`. */
  readonly buildpacks?: readonly string[];
  detect(project: Project): Detection | undefined;
  plan(project: Project, detection: Detection): Plan;
}

/** The first of `names` that the project has. */
export function firstOf(project: Project, names: readonly string[]): string | undefined {
  return names.find((name) => project.has(name));
}

/** Those of `names` that the project has. */
export function present(project: Project, names: readonly string[]): string[] {
  return names.filter((name) => project.has(name));
}
