import {
  type EngineFolder,
  type PackageName,
  engineFolders,
  engineWhy,
  exportsWhy,
  packages,
  portWhy,
  ports,
} from "./import-rules.ts";

type Pattern = { readonly message: string } & ({ readonly regex: string } | { readonly group: string[] });
interface Override {
  files: string[];
  rules: { "no-restricted-imports": ["error", { patterns: Pattern[] }] };
}

/** {@link import-rules.ts} as oxlint's overrides. Of several that match a file the last counts, so each is complete. */
export const importOverrides: Override[] = [
  // The command has no exports, only a program; scripts that make pages of its definitions read its sources.
  override("**/*.{ts,js}", exportsOnly(packageNames().filter((name) => name !== "cli"))),
  ...packageNames().map((name) => override(`packages/${name}/src/**`, ofPackage(name))),
  ...folderNames().map((folder) => override(`packages/engine/src/${folder}/**`, ofEngineFolder(folder))),
  ...ports.map((file) => override(file, [...ofFile(file), { regex: String.raw`^\./`, message: portWhy }])),
];

function override(files: string, patterns: Pattern[]): Override {
  return { files: [files], rules: { "no-restricted-imports": ["error", { patterns }] } };
}

function packageNames(): PackageName[] {
  return Object.keys(packages).filter((name): name is PackageName => name in packages);
}

function folderNames(): EngineFolder[] {
  return Object.keys(engineFolders).filter((name): name is EngineFolder => name in engineFolders);
}

function exportsOnly(names: readonly PackageName[] = packageNames()): Pattern[] {
  return [
    { regex: "^@cilo/[^/]+/", message: exportsWhy },
    { regex: String.raw`^(\.\./)+(packages/)?(${names.join("|")})/(src|dist)/`, message: exportsWhy },
  ];
}

function ofPackage(name: PackageName): Pattern[] {
  const { mayImport, why } = packages[name];
  const strangers = packageNames().filter((other) => other !== name && !mayImport.some((known) => known === other));
  const scoped = strangers.map((other) => `@cilo/${other}`);
  return [...exportsOnly(), { regex: `^(${[...scoped, "cilo"].join("|")})(/|$)`, message: why }];
}

function ofEngineFolder(folder: EngineFolder): Pattern[] {
  const known: readonly string[] = engineFolders[folder];
  const strangers = [...folderNames(), "environments"].filter((other) => other !== folder && !known.includes(other));
  const allowedFiles = known.filter((path) => path.endsWith(".ts"));
  // As in .gitignore, a file can only be let in again where its folder's files, not the folder itself, are shut out.
  const shut = strangers.flatMap((other) => [`../${other}/**`, `../../${other}/**`, `../../../${other}/**`]);
  const open = allowedFiles.flatMap((file) => [`!../${file}`, `!../../${file}`]);
  const door = ["../index.ts", "../../index.ts"];
  return [...ofPackage("engine"), { group: [...shut, ...door, ...open], message: engineWhy }];
}

function ofFile(path: string): Pattern[] {
  const folder = folderNames().find((name) => path.startsWith(`packages/engine/src/${name}/`));
  return folder === undefined ? ofPackage("engine") : ofEngineFolder(folder);
}
