import type { Language } from "../language.ts";
import { deno } from "./deno.ts";
import { dotnet } from "./dotnet.ts";
import { elixir } from "./elixir.ts";
import { go } from "./go.ts";
import { java } from "./java.ts";
import { node } from "./node.ts";
import { php } from "./php.ts";
import { python } from "./python.ts";
import { ruby } from "./ruby.ts";
import { rust } from "./rust.ts";
import { staticSite } from "./static.ts";

/** In the order of who is first where a project has several: the first runs it, the others make things for it. */
export const languages: readonly Language[] = [
  ruby,
  php,
  elixir,
  python,
  go,
  rust,
  java,
  dotnet,
  deno,
  node,
  staticSite,
];

/** Languages that are known by a file and have no image yet. */
export const notCovered: readonly { readonly name: string; readonly file: string }[] = [
  { name: "Clojure", file: "project.clj" },
  { name: "Clojure", file: "deps.edn" },
  { name: "Scala", file: "build.sbt" },
];
