import { isIP } from "node:net";
import { type FileEdit, type SystemResolver, ownLine, withoutOurs } from "../resolver.ts";

/** Address of the forwarder of ours that a plain resolv.conf names; a port cannot stand there, so it has port 53. */
export const FORWARDER_ADDRESS = "127.0.0.1";

const OUR_LINES = ownLine(`nameserver ${FORWARDER_ADDRESS}`);

/**
 * A plain `/etc/resolv.conf`. Our forwarder becomes its first nameserver; the earlier ones stay as later lines, for when
 * it does not run, and are what it asks for all other names.
 */
export const resolvConf: SystemResolver = {
  kind: "resolv-conf",
  async isUsed(system) {
    return system.platform === "linux";
  },
  async edits() {
    return [resolvConfEdit];
  },
  // Nothing to do: the C library looks at the file's date at every lookup.
  async activate() {},
  async afterUndo() {},
  forwardTo: (text) => nameservers(text),
};

const resolvConfEdit: FileEdit = {
  path: "/etc/resolv.conf",
  render(original = "") {
    // With `rotate` the C library would ask the servers in turn, and ours only now and then.
    const text = original.replaceAll(/^(options\b.*?)[ \t]+rotate\b/gmu, "$1");
    const first = /^nameserver\b/mu.exec(text)?.index ?? text.length;
    const before = text.slice(0, first);
    return `${before}${before === "" || before.endsWith("\n") ? "" : "\n"}${OUR_LINES}${text.slice(first)}`;
  },
};

/** The servers a resolv.conf names, in its order, without ours: a forwarder that asks itself would never end. */
export function nameservers(text: string): string[] {
  return (withoutOurs(text) ?? "")
    .split("\n")
    .map((line) => /^\s*nameserver\s+(\S+)/u.exec(line)?.[1])
    .filter((server) => server !== undefined)
    .filter((server) => isIP(server) !== 0 && server !== FORWARDER_ADDRESS);
}
