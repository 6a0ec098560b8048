import { isIP } from "node:net";
import { CiloError } from "@cilo/base";
import { CliCode } from "../errors.ts";

/**
 * A server's address as it is kept: scheme, host and port, nothing after. A bare host is https.
 * @throws CiloError `USAGE` for what is no such address, and for plain http that would leave this machine's networks
 */
export function parseServerUrl(text: string): string {
  const url = parsed(/^[a-z]+:\/\//iu.test(text) ? text : `https://${text}`);
  if (url === undefined || !["https:", "http:"].includes(url.protocol) || url.username !== "" || url.hash !== "")
    throw new CiloError(CliCode.usage, `${JSON.stringify(text)} is no server's address`, {
      hint: "For example https://cilo.company.com",
    });
  if (url.protocol === "http:" && !isNear(url.hostname))
    throw new CiloError(CliCode.usage, `${url.host} would get your key in the clear`, {
      hint: `Use https://${url.host}; plain http is for loopback and private addresses`,
    });
  return `${url.protocol}//${url.host}`;
}

/** Loopback and private addresses (RFC 1918, RFC 4193, RFC 6890), where plain http may be meant. */
function isNear(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/gu, "");
  if (host === "localhost" || host.endsWith(".localhost")) return true;
  if (isIP(host) === 4) return /^(?:127|10)\.|^192\.168\.|^172\.(?:1[6-9]|2\d|3[01])\./u.test(host);
  return isIP(host) === 6 && (host === "::1" || /^f[cd]/iu.test(host));
}

function parsed(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
