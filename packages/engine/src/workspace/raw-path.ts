/**
 * A path as the bytes the kernel has, one character per byte (Latin-1). A file name need not be valid UTF-8; kept this
 * way it survives, sorts and compares exactly, and still is a map key. Relative raw paths are `/`-separated and never
 * start with `/`; `""` is the root itself.
 */
export type RawPath = string;

/** What Node's `fs` takes: a string where that is exact, else the bytes. */
export type NativePath = string | Buffer;

const ASCII = /^[\u0000-\u007F]*$/;

/** The raw form of an ordinary string path. */
export function toRaw(path: string): RawPath {
  return ASCII.test(path) ? path : Buffer.from(path, "utf8").toString("latin1");
}

/** For `fs` calls. */
export function native(path: RawPath): NativePath {
  return ASCII.test(path) ? path : Buffer.from(path, "latin1");
}

/** For people: invalid UTF-8 shows as U+FFFD. */
export function shown(path: RawPath): string {
  return ASCII.test(path) ? path : Buffer.from(path, "latin1").toString("utf8");
}

/** `root/path`, or `root` for the root itself. */
export function under(root: RawPath, path: RawPath): RawPath {
  return path === "" ? root : `${root}/${path}`;
}

/** The folder a relative raw path lies in; `""` for one at the top. */
export function parentOf(path: RawPath): RawPath {
  const slash = path.lastIndexOf("/");
  return slash === -1 ? "" : path.slice(0, slash);
}

/** The last component. */
export function nameOf(path: RawPath): RawPath {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** How many components a relative raw path has. */
export function depthOf(path: RawPath): number {
  return path === "" ? 0 : path.split("/").length;
}
