import { tunnelConformance } from "./conformance.ts";
import { createFakeTunnel } from "./fake.ts";

tunnelConformance("the tunnel in memory", { create: async () => createFakeTunnel() });
