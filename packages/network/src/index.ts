/** Address plans and names: what `cli` and `agent` wire to the ports of `@cilo/engine`. */
export const placeholder = true;
