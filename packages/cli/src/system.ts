import type { DnsStatus } from "@cilo/network";
import type { Check } from "./doctor/check.ts";
import type { MachineSettings } from "./machine.ts";

/** The machine's side of Cilo: the system's resolver, the name server, address ranges. */
export interface System {
  readonly machine: MachineSettings;
  /** Chooses what is given and keeps the rest, and points the system's resolver at our name server. Twice is no failure. */
  init(wanted: Partial<Omit<MachineSettings, "isInitialised">>, signal: AbortSignal): Promise<InitData>;
  /** Puts the system's resolver back as it was. Twice is no failure. */
  undo(signal: AbortSignal): Promise<UndoData>;
  dnsStatus(signal: AbortSignal): Promise<DnsStatus>;
  networkStatus(signal: AbortSignal): Promise<NetworkStatusData>;
  /** What `doctor` looks at, in order. */
  readonly checks: readonly Check[];
}

export interface InitData {
  readonly dnsPort: number;
  readonly baseSubnet: string;
  readonly suffixes: readonly string[];
  /** `systemd-resolved`, `networkmanager`, `resolv-conf` or `macos`. */
  readonly resolver: string;
  /** False when all was so already. */
  readonly changed: boolean;
  readonly files: readonly string[];
  /** The helper that makes tunnels for the person behind sudo; absent when it was not asked for. */
  readonly helper?: HelperData;
}

export type HelperData =
  | {
      readonly isInstalled: true;
      readonly form: "socket" | "setuid";
      readonly files: readonly string[];
      /** Who was put into the group `cilo`, and has it from the next login on. */
      readonly joined?: string;
    }
  | { readonly isInstalled: false; readonly reason: string; readonly hint?: string };

export interface UndoData {
  /** Absent when nothing was set up. */
  readonly resolver?: string;
  readonly files: readonly { readonly path: string; readonly result: string }[];
}

export interface NetworkStatusData {
  readonly baseSubnet: string;
  readonly blocks: readonly { readonly block: string; readonly project: string; readonly environment: string }[];
  readonly conflicts: readonly {
    readonly route: string;
    readonly device?: string;
    readonly owners: readonly string[];
  }[];
}
