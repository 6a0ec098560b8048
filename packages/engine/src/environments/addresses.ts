import { isCiloError } from "@cilo/base";
import type { Allocation, NetworkNeed } from "../isolation/isolated-spec.ts";
import type { Runtime, RuntimeInfo } from "../runtimes/runtime.ts";
import type { Addresses } from "./ports.ts";

/** How often another block is tried when the engine refuses one. */
const MAX_TRIES = 4;

export interface AddressRequest {
  /** `<project>/<environment>`, or `<project>/shared-<hash>`. */
  readonly owner: string;
  readonly composeProject: string;
  readonly needs: readonly NetworkNeed[];
  readonly previous?: Allocation;
  /** What the engine has, where it was asked already. */
  readonly info?: RuntimeInfo;
  /** Services that want a loopback address. */
  readonly loopback?: number;
  readonly signal: AbortSignal;
}

/** The owner's addresses. The engine is asked what is taken only when something new is needed. */
async function allocate(
  place: { readonly addresses: Addresses; readonly runtime: Runtime },
  request: AddressRequest,
): Promise<Allocation> {
  const { owner, needs, previous, signal } = request;
  const covered = needs.every((need) => previous?.subnets[need.key] !== undefined);
  const info = covered ? undefined : (request.info ?? (await place.runtime.inspect({ signal })));
  return await place.addresses.allocate({
    owner,
    needs,
    ...(previous === undefined ? {} : { previous }),
    ...(request.loopback === undefined ? {} : { loopback: request.loopback }),
    taken: info === undefined ? [] : subnetsOfOthers(info, request.composeProject),
    signal,
  });
}

/**
 * Does `work` with the owner's addresses, and again with other ones when the engine finds them taken: by a network that
 * was made since, or a route it knows and we do not. Networks that are there already keep theirs.
 */
export async function withAddresses<T>(
  place: { readonly addresses: Addresses; readonly runtime: Runtime },
  request: AddressRequest,
  work: (allocation: Allocation) => Promise<T>,
): Promise<T> {
  let allocation = await allocate(place, request);
  const refused: string[] = [];
  for (let tries = 1; ; tries += 1) {
    try {
      return await work(allocation);
    } catch (error) {
      if (!isCiloError(error, "SUBNET_TAKEN") || tries >= MAX_TRIES) throw error;
      refused.push(...Object.values(allocation.subnets));
      allocation = await reallocate(place, request, { allocation, refused });
    }
  }
}

async function reallocate(
  place: { readonly addresses: Addresses; readonly runtime: Runtime },
  request: AddressRequest,
  last: { readonly allocation: Allocation; readonly refused: readonly string[] },
): Promise<Allocation> {
  const { owner, composeProject, needs, signal } = request;
  const info = await place.runtime.inspect({ signal });
  const own = info.subnets.filter((subnet) => subnet.composeProject === composeProject).map(({ cidr }) => cidr);
  const { blocks, subnets } = last.allocation;
  const kept = Object.entries(subnets).filter(([, subnet]) => own.includes(subnet));
  const gone = last.refused.filter((subnet) => !own.includes(subnet));
  if (kept.length === 0) await place.addresses.release(owner);
  return await place.addresses.allocate({
    owner,
    needs,
    ...(kept.length === 0 ? {} : { previous: { ...last.allocation, blocks, subnets: Object.fromEntries(kept) } }),
    ...(request.loopback === undefined ? {} : { loopback: request.loopback }),
    taken: [...subnetsOfOthers(info, composeProject), ...gone],
    signal,
  });
}

function subnetsOfOthers(info: RuntimeInfo, composeProject: string): string[] {
  return info.subnets.filter((subnet) => subnet.composeProject !== composeProject).map(({ cidr }) => cidr);
}
