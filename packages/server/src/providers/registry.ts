import { CiloError } from "@cilo/base";
import type { Variables } from "../config.ts";
import type { Provider } from "./provider.ts";

/** The provider that machines are added with. */
export function createProvider(_options: { readonly home: string; readonly variables: Variables }): Provider {
  const unavailable = async (): Promise<never> =>
    await Promise.reject(
      new CiloError("NOT_AVAILABLE", "machines cannot be added yet: there is no way to install the agent over SSH"),
    );
  return {
    type: "manual",
    register: unavailable,
    install: unavailable,
    inspect: unavailable,
    wipe: unavailable,
    remove: unavailable,
  };
}
