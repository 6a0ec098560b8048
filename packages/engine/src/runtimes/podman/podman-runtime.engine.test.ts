import { runtimeConformance } from "../conformance.ts";
import { createPodmanRuntime } from "./podman-runtime.ts";

const place = { env: process.env, platform: process.platform, uid: process.getuid?.() };

runtimeConformance("Podman", { create: () => createPodmanRuntime(place), image: "busybox:latest" });
