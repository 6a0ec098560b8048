import { systemClock } from "@cilo/base";
import { type EnvironmentsDeps, type Home, createFakeRuntime } from "@cilo/engine";

/** Parts of a lifecycle that reach nothing outside. */
export function fakeDeps(home: Home): EnvironmentsDeps {
  return {
    home,
    runtimes: () => createFakeRuntime(),
    defaultRuntime: async () => await Promise.resolve("fake"),
    parsers: [],
    addresses: {
      allocate: async () => await Promise.resolve({ blocks: [], subnets: {} }),
      release: async () => await Promise.resolve(),
    },
    names: { publish: async () => await Promise.resolve(), withdraw: async () => await Promise.resolve() },
    clock: systemClock,
    env: {},
    consent: { allow: async () => await Promise.resolve(undefined) },
    defaultSuffix: ".test",
    scheduleReap: async () => await Promise.resolve(),
  };
}
