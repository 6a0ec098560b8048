import { type Language, firstOf } from "../language.ts";

const FILES = ["Staticfile", "index.html", "public/index.html"];

export const staticSite: Language = {
  name: "static",
  id: "STATIC",
  looksFor: FILES,
  buildpacks: ["static"],
  detect: (project) =>
    firstOf(project, FILES) === undefined
      ? undefined
      : { language: "static", version: "", versionSource: "default", manager: "none" },
  plan: (project) => ({
    image: "caddy:2-alpine",
    manifests: [],
    install: [],
    start: `caddy file-server --listen :$PORT --root /app${firstOf(project, ["index.html"]) === undefined ? "/public" : ""}`,
  }),
};
