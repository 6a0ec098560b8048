/** A short form that cannot be read. */
export class ShortSyntaxFault extends Error {}

export interface ParsedVolume {
  type: "bind" | "volume";
  source: string;
  target: string;
  readOnly: boolean;
  noCopy: boolean;
  propagation: string;
  selinux: string;
  /** Of two characters at most: an anonymous volume without options. */
  bare: boolean;
}

const PROPAGATION = new Set(["rprivate", "private", "rshared", "shared", "rslave", "slave"]);

/** Reads `[source:]target[:options]`. @throws ShortSyntaxFault */
export function parseVolume(spec: string): ParsedVolume {
  if (spec === "") throw new ShortSyntaxFault("a volume is written source:target");
  const volume: ParsedVolume = {
    type: "volume",
    source: "",
    target: "",
    readOnly: false,
    noCopy: false,
    propagation: "",
    selinux: "",
    bare: false,
  };
  if (Buffer.byteLength(spec) <= 2) return { ...volume, target: spec, bare: true };
  let section = "";
  for (const c of `${spec}\0`) {
    if (c === ":" && isDrive(section)) section += c;
    else if (c === ":" || c === "\0") {
      fill(volume, section, { last: c === "\0", spec });
      section = "";
    } else section += c;
  }
  if (isFilePath(volume.source)) volume.type = "bind";
  return volume;
}

/** A lone letter before a colon may be a Windows drive. */
function isDrive(section: string): boolean {
  return /^\p{L}$/u.test(section);
}

function fill(volume: ParsedVolume, section: string, { last, spec }: { last: boolean; spec: string }): void {
  if (section === "") throw new ShortSyntaxFault(`${JSON.stringify(spec)} has nothing between two colons`);
  if (volume.source === "" && last) volume.target = section;
  else if (volume.source === "") volume.source = section;
  else if (volume.target === "") volume.target = section;
  else if (!last) throw new ShortSyntaxFault(`${JSON.stringify(spec)} has too many colons`);
  else for (const option of section.split(",")) setOption(volume, option);
}

function setOption(volume: ParsedVolume, option: string): void {
  if (option === "ro") volume.readOnly = true;
  else if (option === "rw") volume.readOnly = false;
  else if (option === "nocopy") volume.noCopy = true;
  else if (PROPAGATION.has(option)) volume.propagation = option;
  else if (option === "z" || option === "Z") volume.selinux = option;
}

function isFilePath(source: string): boolean {
  return /^[./~]/u.test(source) || source.startsWith("\\\\") || /^\p{L}:/u.test(source);
}
