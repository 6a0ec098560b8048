import { tunnelConformance } from "./conformance.ts";
import { createHelperTunnel } from "./helper.ts";
import { FORMS, PATH, installed } from "../helper-install/testing-helper.ts";

for (const form of FORMS)
  tunnelConformance(`the helper's ${form} form, asked by an ordinary user,`, {
    create: async () => {
      const { as, host } = await installed(form);
      return createHelperTunnel({ ask: as(1001), env: { PATH }, run: host.run });
    },
  });

tunnelConformance("the helper with address and undefined behaviour checked", {
  create: async () => {
    const flags = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-DWITHOUT_SECCOMP"];
    const { as, host } = await installed("socket", { flags });
    return createHelperTunnel({ ask: as(1001), env: { PATH }, run: host.run });
  },
});
