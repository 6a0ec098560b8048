import { value, values } from "./parameters.ts";

/** How a project is found and read. */
export interface ProjectFlags {
  readonly from: string | undefined;
  readonly file: readonly string[] | undefined;
  readonly profile: readonly string[] | undefined;
  readonly envFile: readonly string[] | undefined;
  readonly devcontainer: string | undefined;
}

export const projectFlags = {
  from: value("Project folder (default: here)", "path"),
  file: values("Project file, repeatable", "file"),
  profile: values("Profile to enable, repeatable", "name"),
  envFile: values("Env file in place of .env, repeatable", "file"),
  devcontainer: value("Which devcontainer of several: the folder's name below .devcontainer", "name"),
} as const;

export const formats = ["compose", "devcontainer", "procfile"] as const;
export type Format = (typeof formats)[number];
