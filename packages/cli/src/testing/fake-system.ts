import { defaultMachine } from "../machine.ts";
import type { System } from "../system.ts";

/** A machine on which all is well, but for one orphan that can be mended. */
export function createFakeSystem(): System {
  return {
    machine: defaultMachine,
    init: async () =>
      await Promise.resolve({
        dnsPort: 5354,
        baseSubnet: "10.223.0.0/16",
        suffixes: [".test"],
        resolver: "resolv-conf",
        changed: true,
        files: ["/etc/resolv.conf"],
      }),
    undo: async () =>
      await Promise.resolve({ resolver: "resolv-conf", files: [{ path: "/etc/resolv.conf", result: "restored" }] }),
    dnsStatus: async () =>
      await Promise.resolve({
        server: { port: 5354, isRunning: true, pid: 4711 },
        suffixes: [".test"],
        resolver: { kind: "resolv-conf", works: true },
        environments: [{ project: "shop", environment: "dev" }],
        names: 7,
      }),
    networkStatus: async () =>
      await Promise.resolve({
        baseSubnet: "10.223.0.0/16",
        blocks: [{ block: "10.223.0.0/26", project: "shop", environment: "dev" }],
        conflicts: [{ route: "10.223.4.0/24", device: "tun0", owners: [] }],
      }),
    checks: [
      { name: "engine", run: async () => await Promise.resolve([{ status: "ok", message: "Docker 20.10.24" }]) },
      {
        name: "leftovers",
        run: async () =>
          await Promise.resolve([
            {
              status: "fail",
              message: "the network cilo_gone belongs to no environment",
              fix: async () => await Promise.resolve("removed it"),
            },
          ]),
      },
    ],
  };
}
