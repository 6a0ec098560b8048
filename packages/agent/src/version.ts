import manifest from "../package.json" with { type: "json" };

/** The version of the agent, from its package. */
export const version: string = manifest.version;
