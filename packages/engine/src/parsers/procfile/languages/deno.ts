import { type Language, firstOf, present } from "../language.ts";
import { lineOf, mise, numberOf, toolVersions, versionOf } from "../versions.ts";

const FILES = ["deno.json", "deno.jsonc"];
const MAIN = ["main.ts", "main.tsx", "main.js", "mod.ts"];

export const deno: Language = {
  name: "Deno",
  id: "DENO",
  looksFor: FILES,
  buildpacks: ["deno"],
  detect: (project) =>
    firstOf(project, FILES) === undefined
      ? undefined
      : {
          language: "Deno",
          ...versionOf(project, [
            lineOf(".deno-version", (line) => line.replace(/^v/u, "")),
            lineOf(".dvmrc", (line) => line.replace(/^v/u, "")),
            mise("deno"),
            toolVersions("deno"),
          ]),
          manager: "deno",
        },
  plan: (project, { version }) => {
    const main = firstOf(project, MAIN);
    return {
      image: version === "" ? "denoland/deno:latest" : `denoland/deno:${numberOf(version, "2")}`,
      env: { DENO_DIR: "/opt/deno" },
      setup: ["mkdir -p /opt/deno && chown 1000:1000 /opt/deno"],
      manifests: present(project, [...FILES, "deno.lock"]),
      install: ["deno install"],
      build: main === undefined ? [] : [`deno cache ${main}`],
      ignore: ["node_modules"],
      ...(main === undefined ? {} : { start: `deno run -A ${main}` }),
    };
  },
};
