/** The codes this package throws; never reused. What each means to a user is in docs/reference/errors.md. */
export const NetworkCode = {
  /** No block of the address pool is free. */
  addressesExhausted: "ADDRESSES_EXHAUSTED",
  /** The address pool is not a private IPv4 range that can be used. */
  poolInvalid: "POOL_INVALID",
  /** A hostname may not be used: unregistered suffix, not a host name, or it belongs to another environment. */
  hostnameRefused: "HOSTNAME_REFUSED",
  /** Another program has the port that dnsmasq needs. */
  dnsPortTaken: "DNS_PORT_TAKEN",
  dnsmasqMissing: "DNSMASQ_MISSING",
  /** dnsmasq is installed but does not start or does not answer. */
  dnsFailed: "DNS_FAILED",
  /** The change needs root. */
  needsRoot: "NEEDS_ROOT",
  /** The system resolver is of a kind that `cilo init` cannot set up, or did not take the setting. */
  resolverUnsupported: "RESOLVER_UNSUPPORTED",
  /** Another route of this machine leads to a range that a tunnel needs. */
  routeTaken: "ROUTE_TAKEN",
  /** Another peer of the interface has the address. */
  tunnelAddressTaken: "TUNNEL_ADDRESS_TAKEN",
  /** There is no interface of that name. */
  tunnelMissing: "TUNNEL_MISSING",
  /** The system does not let this user change its network. */
  tunnelRefused: "TUNNEL_REFUSED",
  /** This machine has no WireGuard, or not its tools. */
  tunnelUnavailable: "TUNNEL_UNAVAILABLE",
  /** The helper is compiled where it is installed, and there is no C compiler. */
  compilerMissing: "COMPILER_MISSING",
} as const;
