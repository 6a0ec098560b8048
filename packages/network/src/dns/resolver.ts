import type { SystemAccess } from "./system-access.ts";

/** The ways a system looks names up that `cilo init` can set up. */
export type ResolverKind = "systemd-resolved" | "networkmanager" | "resolv-conf" | "macos";

export interface ResolverSettings {
  /** Port of 127.0.0.1 that answers for the suffixes. */
  readonly dnsPort: number;
  /** With the leading dot. */
  readonly suffixes: readonly string[];
}

/**
 * One way a system looks names up. It says which files are to be changed and how; saving what was there, writing,
 * restoring and noticing what others changed meanwhile is the same for all (saved-files.ts).
 */
export interface SystemResolver {
  readonly kind: ResolverKind;
  /** True when this is how the system looks names up. */
  isUsed(system: SystemAccess, signal: AbortSignal): Promise<boolean>;
  /** The files to change. Reads the system, changes nothing. */
  edits(system: SystemAccess, settings: ResolverSettings, signal: AbortSignal): Promise<readonly FileEdit[]>;
  /** Makes the system take up files that were written. */
  activate(change: SystemChange): Promise<void>;
  /** Called before the files are put back, where something has to be ended by them. */
  deactivate?(change: SystemChange): Promise<void>;
  /** Makes the system take up files that were put back. */
  afterUndo(change: SystemChange): Promise<void>;
  /** Nameservers to be asked for all other names by a forwarder of ours on port 53, where the way needs one. */
  forwardTo?(resolvConf: string): readonly string[];
}

export interface SystemChange {
  readonly system: SystemAccess;
  /** The files concerned. */
  readonly paths: readonly string[];
  readonly signal: AbortSignal;
}

export interface FileEdit {
  readonly path: string;
  /** The new text, from what stood there before Cilo. Our part is marked: see {@link withoutOurs}. */
  render(original: string | undefined): string;
}

/** An edit that is a file of our own. */
export function ownFile(path: string, text: string): FileEdit {
  return { path, render: () => `${OWN_FILE_HEADER}${text}` };
}

const OWN_FILE_HEADER = "# Written by `cilo init`, removed by `cilo init --undo`.\n";
const PART_HEADER = "# Next line: written by `cilo init`, removed by `cilo init --undo`.\n";

/** A line of ours, marked as such, for a file that is not ours. */
export function ownLine(line: string): string {
  return `${PART_HEADER}${line}\n`;
}

/** True for the text of a file that is ours alone. */
export function isOwnFile(text: string | undefined): boolean {
  return text?.startsWith(OWN_FILE_HEADER) === true;
}

/** What is left of a file when our part is taken out, whatever others did to the rest; `undefined` when all of it is ours. */
export function withoutOurs(text: string): string | undefined {
  if (isOwnFile(text)) return undefined;
  return text
    .split(PART_HEADER)
    .map((part, index) => (index === 0 ? part : part.slice(part.indexOf("\n") + 1)))
    .join("");
}
