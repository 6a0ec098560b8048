import { runtimeConformance } from "./conformance.ts";
import { createFakeRuntime } from "./fake.ts";

const engine = createFakeRuntime();

runtimeConformance("the in-memory runtime", { create: () => engine, image: "any" });
