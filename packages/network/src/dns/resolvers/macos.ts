import { type SystemResolver, ownFile } from "../resolver.ts";

/** macOS asks the server named in `/etc/resolver/<suffix>` for that suffix alone. It notices changes by itself. */
export const macos: SystemResolver = {
  kind: "macos",
  async isUsed(system) {
    return system.platform === "darwin";
  },
  async edits(_system, { dnsPort, suffixes }) {
    const text = `nameserver 127.0.0.1\nport ${dnsPort}\n`;
    return suffixes.map((suffix) => ownFile(`/etc/resolver/${suffix.slice(1)}`, text));
  },
  // Nothing to do: configd watches the folder.
  async activate() {},
  async afterUndo() {},
};
