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
        running: true,
        pid: 4711,
        port: 5354,
        suffixes: [".test"],
        complete: true,
        names: 7,
        wildcards: 1,
        environments: 1,
        answersDirectly: true,
        resolver: { kind: "resolv-conf", isSetUp: true, changedFiles: [], forwarderAnswers: true, found: [".test"] },
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
