import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Plugin } from "esbuild";

/**
 * Makes `import { a } from "@cilo/engine"` an import from the module that declares `a`. esbuild puts everything that a
 * package's index.ts names into one chunk with whoever imports one name of it; so `cilo list` would load the Compose
 * loader. The sources keep entering packages by their doors; only the bundle goes past them.
 */
export function directImports(packages: string, names: readonly string[]): Plugin {
  const statement = new RegExp(String.raw`^import \{([^}]*)\} from "@cilo/(${names.join("|")})";`, "gmu");
  return {
    name: "direct-imports",
    setup(build) {
      const doors = new Map<string, ReadonlyMap<string, string>>();
      build.onStart(async () => {
        for (const name of names) doors.set(name, await exportsOf(join(packages, name, "src/index.ts")));
      });
      build.onLoad({ filter: /\/packages\/[a-z]+\/src\/.*\.ts$/ }, async ({ path }) => {
        const source = await readFile(path, "utf8");
        const contents = source.replaceAll(statement, (_, specifiers: string, name: string) =>
          direct(specifiers, doors.get(name) ?? new Map()),
        );
        return { contents, loader: "ts", resolveDir: dirname(path) };
      });
    },
  };
}

function direct(specifiers: string, door: ReadonlyMap<string, string>): string {
  return specifiers
    .split(",")
    .map((specifier) => specifier.trim())
    .filter((specifier) => specifier !== "" && !specifier.startsWith("type "))
    .map((specifier) => {
      const [name = ""] = specifier.split(" as ");
      const file = door.get(name);
      if (file === undefined) throw new Error(`no index.ts exports ${name}`);
      return `import { ${specifier} } from ${JSON.stringify(file)};`;
    })
    .join(" ");
}

/** Every name a module exports, with the file that declares it. */
async function exportsOf(file: string): Promise<Map<string, string>> {
  const source = await readFile(file, "utf8");
  const found = new Map<string, string>();
  for (const [, name = ""] of source.matchAll(/^export (?:const|class|(?:async )?function\*?) (\w+)/gmu))
    found.set(name, file);
  for (const [, path = ""] of source.matchAll(/^export \* from "(.*)";/gmu))
    for (const entry of await exportsOf(join(dirname(file), path))) found.set(...entry);
  for (const [, list = "", path = ""] of source.matchAll(/^export \{([^}]*)\} from "(.*)";/gmu)) {
    const inner = await exportsOf(join(dirname(file), path));
    for (const specifier of list
      .split(",")
      .map((one) => one.trim())
      .filter(Boolean)) {
      const [name = "", alias = name] = specifier.split(" as ");
      found.set(alias, inner.get(name) ?? join(dirname(file), path));
    }
  }
  return found;
}
