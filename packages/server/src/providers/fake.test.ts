import { MachineId } from "@cilo/api";
import { testProvider } from "./conformance.ts";
import { createFakeProvider } from "./fake.ts";

testProvider("fake", async () => {
  const provider = createFakeProvider();
  provider.away.add("away.example");
  return await Promise.resolve({
    provider,
    host: { host: "a.example", port: 22, user: "root" },
    silentHost: { host: "away.example", port: 22, user: "root" },
    bundle: { version: "0.1.0", archive: "/nonexistent", sha256: "" },
    config: {
      machineId: MachineId.parse("mach_00000000000000000000"),
      address: "10.225.0.2",
      listenPort: 51_820,
      endpoint: "a.example:51820",
      credentialKey: "A".repeat(43),
      servers: [],
      pools: { containers: "10.223.0.0/16", services: "10.224.0.0/16", devices: "10.225.0.0/16" },
      firewall: false,
      sshPort: 22,
    },
    [Symbol.asyncDispose]: async () => await Promise.resolve(),
  });
});
