import { CiloError } from "@cilo/base";
import * as z from "zod/mini";
import { NetworkCode } from "../errors.ts";
import { canonicalRanges } from "./peer-addresses.ts";
import { type SystemTool, saysOf } from "./system-tools.ts";
import type { TunnelName } from "./tunnel.ts";

const Links = z.array(
  z.object({
    mtu: z.optional(z.number()),
    flags: z.optional(z.array(z.string())),
    addr_info: z.optional(
      z.array(
        z.object({ family: z.optional(z.string()), local: z.optional(z.string()), prefixlen: z.optional(z.number()) }),
      ),
    ),
  }),
);
const Routes = z.array(z.object({ dst: z.string(), dev: z.optional(z.string()), protocol: z.optional(z.string()) }));

export interface LinkState {
  readonly isUp: boolean;
  readonly mtu: number;
  readonly addresses: readonly string[];
}

/** Addresses and routes of one interface, through `ip`. */
export function ipTool(tool: SystemTool) {
  const ip = async (args: readonly string[], signal: AbortSignal): Promise<string> =>
    (await tool(["ip", ...args], { signal })).stdout;

  return {
    async link(name: TunnelName, signal: AbortSignal): Promise<LinkState> {
      const [link] = Links.parse(JSON.parse(await ip(["-json", "addr", "show", "dev", name], signal)));
      const addresses = (link?.addr_info ?? []).flatMap(({ family, local, prefixlen }) =>
        family === "inet" && local !== undefined ? [`${local}/${prefixlen ?? 32}`] : [],
      );
      return { isUp: link?.flags?.includes("UP") === true, mtu: link?.mtu ?? 0, addresses: addresses.sort() };
    },

    /** Gives the interface exactly these addresses; one that stays is not touched. */
    async setAddresses(name: TunnelName, wanted: readonly string[], signal: AbortSignal): Promise<void> {
      const { addresses } = await this.link(name, signal);
      for (const address of wanted.filter((one) => !addresses.includes(one)))
        await ip(["addr", "replace", address, "dev", name], signal);
      for (const address of addresses.filter((one) => !wanted.includes(one)))
        await tolerate(ip(["addr", "del", address, "dev", name], signal), /Cannot assign requested address/u);
    },

    async setUp(name: TunnelName, mtu: number, signal: AbortSignal): Promise<void> {
      const link = await this.link(name, signal);
      if (link.mtu !== mtu) await ip(["link", "set", "dev", name, "mtu", String(mtu)], signal);
      if (!link.isUp) await ip(["link", "set", "dev", name, "up"], signal);
    },

    /** The ranges led through the interface; not those the kernel adds for its addresses. */
    async routes(name: TunnelName, signal: AbortSignal): Promise<string[]> {
      const found = Routes.parse(JSON.parse((await ip(["-json", "-4", "route", "show", "dev", name], signal)) || "[]"));
      return canonicalRanges(found.filter(({ protocol }) => protocol !== "kernel").map(({ dst }) => withPrefix(dst)));
    },

    async setRoutes(name: TunnelName, ranges: readonly string[], signal: AbortSignal): Promise<void> {
      const wanted = canonicalRanges(ranges);
      const present = await this.routes(name, signal);
      for (const range of wanted.filter((one) => !present.includes(one))) {
        // `add`, not `replace`: a route of another interface is not ours to take.
        await tolerate(ip(["-4", "route", "add", range, "dev", name], signal), /File exists/u);
        if (!(await this.routes(name, signal)).includes(range)) throw await this.routeTaken(range, signal);
      }
      for (const range of present.filter((one) => !wanted.includes(one)))
        await tolerate(ip(["-4", "route", "del", range, "dev", name], signal), /No such process/u);
    },

    async routeTaken(range: string, signal: AbortSignal): Promise<CiloError> {
      const [route] = Routes.parse(
        JSON.parse((await ip(["-json", "-4", "route", "show", "exact", range], signal)) || "[]"),
      );
      return new CiloError(
        NetworkCode.routeTaken,
        `${range} is led through ${route?.dev ?? "another interface"} already`,
        { hint: "Disconnect that network, or ask for an environment with other addresses" },
      );
    },

    async removeLink(name: TunnelName, signal: AbortSignal): Promise<void> {
      await ip(["link", "del", "dev", name], signal);
    },
  };
}

/** `ip` leaves the /32 of a single address out. */
function withPrefix(destination: string): string {
  return destination.includes("/") ? destination : `${destination}/32`;
}

/** What somebody else did at the same time is no failure. */
async function tolerate(step: Promise<unknown>, what: RegExp): Promise<void> {
  try {
    await step;
  } catch (error) {
    if (!saysOf(error, what)) throw error;
  }
}
