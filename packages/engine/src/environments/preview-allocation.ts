import type { Allocation, NetworkNeed } from "../isolation/isolated-spec.ts";

/**
 * Addresses for a plan that claims none: those an environment has, and for the rest /26 networks of 198.18.0.0/15,
 * which is set aside for tests (RFC 2544) and so taken for nothing real.
 */
export function previewAllocation(needs: readonly NetworkNeed[], known: Allocation | undefined): Allocation {
  const subnets = needs.map(({ key }, index) => [key, known?.subnets[key] ?? exampleSubnet(index)] as const);
  return { ...known, blocks: known?.blocks ?? ["198.18.0.0/15"], subnets: Object.fromEntries(subnets) };
}

function exampleSubnet(index: number): string {
  const address = index * 64;
  return `198.18.${Math.floor(address / 256) % 256}.${address % 256}/26`;
}
