import { createRequire } from "node:module";
import { run } from "@cilo/base";
import type { Files } from "../test/e2e/support/files.ts";
import { benchHome } from "./bench-home.ts";
import { type BenchOptions, type Measurement, compare } from "./measurement.ts";

/** `cilo up` again on an unchanged devcontainer with a Feature, against `devcontainer up` on the same folder. */
export async function benchDevcontainer(options: BenchOptions): Promise<Measurement> {
  await using home = await benchHome(options.signal);
  const project = await home.project("devcontainer", withFeature);
  const tool = createRequire(import.meta.resolve("../packages/cli/package.json")).resolve(
    "@devcontainers/cli/devcontainer.js",
  );
  const byHand = async (): Promise<unknown> =>
    await run(process.execPath, [tool, "up", "--workspace-folder", project], {
      signal: options.signal,
      env: process.env,
    });
  await home.cilo("up", "bench", "--from", project);
  const samples = await compare(
    { ours: { measured: () => home.cilo("up", "bench") }, theirs: { measured: byHand } },
    options,
  );
  await home.cilo("destroy", "bench", "--force");
  const left = await home.docker(project, "ps", "-aq", "--filter", `label=devcontainer.local_folder=${project}`);
  for (const id of left.stdout.split("\n").filter(Boolean)) await home.docker(project, "rm", "--force", id);
  return {
    name: "devcontainer",
    what: "cilo up again, unchanged devcontainer with a Feature",
    against: "devcontainer up again",
    unit: "ms",
    ...samples,
    limit: 1,
  };
}

const withFeature: Files = {
  ".devcontainer/devcontainer.json": JSON.stringify({
    image: "node:24-alpine",
    features: { "./hello": {} },
    onCreateCommand: "hello",
    postStartCommand: "true",
  }),
  ".devcontainer/hello/devcontainer-feature.json": JSON.stringify({ id: "hello", version: "1.0.0" }),
  ".devcontainer/hello/install.sh": {
    content: "#!/bin/sh\nset -e\necho echo hello > /usr/local/bin/hello\nchmod +x /usr/local/bin/hello\n",
    mode: 0o755,
  },
};
