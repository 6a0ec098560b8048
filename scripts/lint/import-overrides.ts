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

interface Pattern {
  readonly regex: string;
  readonly message: string;
}
interface Override {
  files: string[];
  rules: { "no-restricted-imports": ["error", { patterns: Pattern[] }] };
}

/** {@link import-rules.ts} as oxlint's overrides. Of several that match a file the last counts, so each is complete. */
export const importOverrides: Override[] = [
  override("**/*.{ts,js}", exportsOnly()),
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

function exportsOnly(): Pattern[] {
  const names = packageNames().join("|");
  return [
    { regex: "^@cilo/[^/]+/", message: exportsWhy },
    { regex: String.raw`^(\.\./)+(packages/)?(${names})/(src|dist)/`, message: exportsWhy },
  ];
}

function ofPackage(name: PackageName): Pattern[] {
  const { mayImport, why } = packages[name];
  const strangers = packageNames().filter((other) => other !== name && !mayImport.some((known) => known === other));
  const scoped = strangers.map((other) => `@cilo/${other}`);
  return [...exportsOnly(), { regex: `^(${[...scoped, "cilo"].join("|")})(/|$)`, message: why }];
}

function ofEngineFolder(folder: EngineFolder): Pattern[] {
  const known = engineFolders[folder].map((path) => `${path.replaceAll(".", String.raw`\.`)}${path.endsWith(".ts") ? "$" : "/"}`);
  const own = `${folder}/`;
  const all = [...folderNames(), "environments"].filter((other) => other !== folder).map((other) => `${other}/`);
  const strangers = [...all, String.raw`index\.ts$`].join("|");
  return [
    ...ofPackage("engine"),
    { regex: String.raw`^(\.\./)+(?!${[own, ...known].join("|")})(${strangers})`, message: engineWhy },
  ];
}

function ofFile(path: string): Pattern[] {
  const folder = folderNames().find((name) => path.startsWith(`packages/engine/src/${name}/`));
  return folder === undefined ? ofPackage("engine") : ofEngineFolder(folder);
}
