import { runtimeConformance } from "../conformance.ts";
import { createDockerRuntime } from "./docker-runtime.ts";

runtimeConformance("Docker", { create: () => createDockerRuntime({ env: process.env }), image: "busybox:latest" });
