import { isIP } from "node:net";
import { ShortSyntaxFault } from "./volume.ts";

export interface ParsedPort {
  readonly hostIp: string;
  readonly published: string;
  readonly target: number;
  readonly protocol: string;
}

/** Reads `[[ip:][published[-to]]:]target[-to][/protocol]`; a range of targets is one port each. @throws ShortSyntaxFault */
export function parsePorts(spec: string): ParsedPort[] {
  const parts = spec.split(":");
  const last = parts.pop() ?? "";
  const host = parts.pop() ?? "";
  const hostIp = address(parts.join(":"), spec);
  const { port, protocol } = splitProtocol(last);
  if (port === "") throw new ShortSyntaxFault(`${JSON.stringify(spec)} names no port of the container`);
  const target = range(port);
  if (target === undefined)
    throw new ShortSyntaxFault(`${JSON.stringify(port)} is no port of the container (1 to 65535, or a range)`);
  const published = host === "" ? { start: 0, end: 0 } : range(host);
  if (published === undefined)
    throw new ShortSyntaxFault(`${JSON.stringify(host)} is no port of the host (1 to 65535, or a range)`);
  const count = target.end - target.start;
  if (host !== "" && count !== published.end - published.start && count !== 0) {
    throw new ShortSyntaxFault(`the ranges ${host} and ${port} are not of one length`);
  }
  if (!["tcp", "udp", "sctp"].includes(protocol))
    throw new ShortSyntaxFault(`${JSON.stringify(protocol)} is no protocol; tcp, udp or sctp`);
  const ports: ParsedPort[] = [];
  for (let index = 0; index <= count; index++) {
    const own = String(published.start + index);
    const pool = count === 0 && published.start !== published.end ? `${own}-${published.end}` : own;
    ports.push({ hostIp, published: host === "" ? "" : pool, target: target.start + index, protocol });
  }
  // The reference sorts them as text: 100 goes before 99.
  return ports.toSorted((a, b) => (`${a.target}/` < `${b.target}/` ? -1 : 1));
}

function address(written: string, spec: string): string {
  if (written === "") return "";
  const bracketed = /^\[(.*)\]$/u.exec(written)?.[1];
  const fault = new ShortSyntaxFault(
    `${JSON.stringify(written)} in ${JSON.stringify(spec)} is no IP address (IPv6 in [ ])`,
  );
  if (bracketed === undefined && written.includes(":")) throw fault;
  const bare = bracketed ?? written;
  if (bare === "") return "";
  if (isIP(bare) === 0 || bare.includes("%")) throw fault;
  return bare;
}

function splitProtocol(written: string): { port: string; protocol: string } {
  const [port = "", protocol = ""] = written.split("/");
  return { port, protocol: protocol === "" ? "tcp" : protocol.toLowerCase() };
}

function range(written: string): { start: number; end: number } | undefined {
  const [first = "", second] = written.split("-");
  const start = number(first);
  const end = second === undefined ? start : number(second);
  return start === undefined || end === undefined || end < start ? undefined : { start, end };
}

function number(written: string): number | undefined {
  if (!/^\d+$/u.test(written)) return undefined;
  const value = Number(written);
  return value <= 65_535 ? value : undefined;
}
