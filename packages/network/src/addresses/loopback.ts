import { type AllocateRequest, allocate } from "./allocate.ts";
import { openBlocks } from "./blocks.ts";

/** 127.32.0.0/11: no other program is known to use it. */
const LOOPBACK_POOL = { start: 127 * 2 ** 24 + 32 * 2 ** 16, prefix: 11 };
const KEY = "loopback";

/** Gives environments blocks of loopback addresses, one address for each service whose ports are published there. */
export interface LoopbackAddresses {
  /**
   * The owner's block: the previous one while it is large enough. It stays the owner's until `release`.
   * @throws CiloError `ADDRESSES_EXHAUSTED`
   */
  allocate(request: {
    readonly owner: string;
    readonly services: number;
    readonly previous?: string;
    readonly signal: AbortSignal;
  }): Promise<string>;
  /** Nothing to give back is no failure. */
  release(owner: string): Promise<void>;
}

/** Claims are files in a folder, as for the addresses of containers. */
export function createLoopbackAddresses({ claimsDir }: { readonly claimsDir: string }): LoopbackAddresses {
  const blocks = openBlocks(claimsDir);
  return {
    async allocate({ owner, services, previous, signal }) {
      const request: AllocateRequest = {
        owner,
        needs: [{ key: KEY, hosts: services }],
        ...(previous === undefined ? {} : { previous: { blocks: [previous], subnets: { [KEY]: previous } } }),
        taken: [],
        signal,
      };
      const context = { pool: LOOPBACK_POOL, blocks, routes: () => Promise.resolve([]) };
      const block = (await allocate(context, request)).subnets[KEY];
      if (block === undefined) throw new Error("an allocation without the block that was asked for");
      return block;
    },
    async release(owner) {
      const claims = await blocks.claims();
      await Promise.all(claims.filter((claim) => claim.owner === owner).map((claim) => blocks.release(claim.unit)));
    },
  };
}
