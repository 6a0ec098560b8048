// Stands in for what @cilo/network and @cilo/engine are about to export.
import type { DnsStatusData } from "./system.ts";
import type { Finding } from "./doctor/check.ts";
const pending = async (): Promise<never> => await Promise.reject(new Error("not wired yet"));
export const initResolver = async (..._: unknown[]): Promise<{ kind: string; changed: boolean; files: string[] }> =>
  await pending();
export const undoResolver = async (
  ..._: unknown[]
): Promise<{ kind?: string; files: { path: string; result: string }[] }> => await pending();
export const dnsStatus = async (..._: unknown[]): Promise<DnsStatusData> => await pending();
export const thisSystem = (..._: unknown[]): object => ({});
export const findOrphans = async (..._: unknown[]): Promise<Finding[]> => await Promise.resolve([]);
export const checkResolver = async (..._: unknown[]): Promise<Finding> => await pending();
