/** Address plans and names: what `cli` and `agent` wire to the ports of `@cilo/engine`. */
export { NetworkCode } from "./errors.ts";
export { formatAddress, formatCidr, overlaps, parseCidr, sizeOf } from "./addresses/cidr.ts";
export type { Cidr } from "./addresses/cidr.ts";
export { createAddresses } from "./addresses/addresses.ts";
export type { Addresses, AddressesOptions, ClaimedBlock, RouteConflict } from "./addresses/addresses.ts";
export type { AllocateRequest, Allocation } from "./addresses/allocate.ts";
export { DEFAULT_BASE_POOL, parsePool } from "./addresses/pool.ts";
export { createLoopbackAddresses } from "./addresses/loopback.ts";
export type { LoopbackAddresses } from "./addresses/loopback.ts";
export { readPodmanNetworks } from "./addresses/podman-networks.ts";
export { readHostRoutes } from "./addresses/routes.ts";
export type { HostRoute } from "./addresses/routes.ts";
export { DEFAULT_DNS_PORT, DEFAULT_SUFFIX, createNames } from "./dns/names.ts";
export type { Names, NamesOptions } from "./dns/names.ts";
export { ensureForwarder } from "./dns/forwarder.ts";
export { createResolverSetup } from "./dns/system-resolver.ts";
export type { ResolverSetup, ResolverSetupOptions, ResolverStatus } from "./dns/system-resolver.ts";
export type { InitResult, UndoResult } from "./dns/init.ts";
export type { ResolverKind, ResolverSettings } from "./dns/resolver.ts";
export { dnsStatus } from "./dns/status.ts";
export type { DnsStatus } from "./dns/status.ts";
export { networkChecks } from "./checks.ts";
export type { CheckParts, NetworkCheck, NetworkFinding } from "./checks.ts";
export { isSuffix } from "./dns/host-name.ts";
export { findRouteClashes, refuseRouteClashes } from "./addresses/route-clashes.ts";
export type { RouteClash, RouteClashOptions } from "./addresses/route-clashes.ts";
export { KEEPALIVE_SECONDS, TUNNEL_MTU, isTunnelName } from "./wireguard/tunnel.ts";
export type {
  Tunnel,
  TunnelConfig,
  TunnelName,
  TunnelPeer,
  TunnelPeerStatus,
  TunnelStatus,
} from "./wireguard/tunnel.ts";
export {
  generatePresharedKey,
  generateWireGuardKeys,
  isWireGuardKey,
  isWireGuardSecret,
  publicKeyOf,
  wireGuardKeyFromUrl,
  wireGuardKeyToUrl,
} from "./wireguard/keys.ts";
export type { WireGuardKey, WireGuardKeyPair, WireGuardSecret } from "./wireguard/keys.ts";
export { createWgTools } from "./wireguard/wg-tools.ts";
export { createFakeTunnel } from "./wireguard/fake.ts";
export { createHelperTunnel } from "./wireguard/helper.ts";
export type { HelperContext } from "./wireguard/helper.ts";
export { findHelper, helperMissing } from "./wireguard/helper-reach.ts";
export type { AskHelper } from "./wireguard/helper-reach.ts";
export { installHelper, isWithoutHelper, removeHelper } from "./helper-install/install.ts";
export type { HelperInstallOptions, HelperInstalled } from "./helper-install/install.ts";
