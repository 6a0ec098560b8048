/** Address plans and names: what `cli` and `agent` wire to the ports of `@cilo/engine`. */
export { NetworkCode } from "./errors.ts";
export { createAddresses } from "./addresses/addresses.ts";
export type {
  Addresses,
  AddressesOptions,
  AllocateRequest,
  Allocation,
  ClaimedBlock,
  RouteConflict,
} from "./addresses/addresses.ts";
export { DEFAULT_BASE_POOL, parsePool } from "./addresses/pool.ts";
export { readHostRoutes } from "./addresses/routes.ts";
export type { HostRoute } from "./addresses/routes.ts";
export { DEFAULT_DNS_PORT, DEFAULT_SUFFIX, createNames } from "./dns/names.ts";
export type { Names, NamesOptions } from "./dns/names.ts";
