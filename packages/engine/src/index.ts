export { EngineCode } from "./errors.ts";
export * from "./spec/spec.ts";
export * from "./spec/names.ts";
export * from "./spec/workbench.ts";
export * from "./parsers/parser.ts";
export * from "./isolation/isolated-spec.ts";
export * from "./runtimes/runtime.ts";
export * from "./environments/ports.ts";
export * from "./environments/record.ts";
export * from "./environments/home.ts";
export * from "./environments/environments.ts";
export * from "./environments/config.ts";
export * from "./workspace/workspace.ts";
export { renderComposeFile } from "./runtimes/compose/compose-file.ts";
export { createFakeRuntime } from "./runtimes/fake.ts";
export type { FakeBehaviour, FakeRuntime } from "./runtimes/fake.ts";
export { createDockerRuntime } from "./runtimes/docker/docker-runtime.ts";
export { createPodmanRuntime } from "./runtimes/podman/podman-runtime.ts";
export { isolate, planNetworks } from "./isolation/isolate.ts";
export type { IsolationInput, IsolationOptions, PlanInput } from "./isolation/input.ts";
export { apexHostname, composeProjectName, serviceHostname } from "./isolation/names.ts";
export { environmentVariables, serviceUrl, urlVariable } from "./isolation/variables.ts";
export { planSharedNetworks, sharedDocumentWith } from "./isolation/sharing/shared-service.ts";
export { loadIsolation } from "./environments/isolation-file.ts";
export { copyTree } from "./workspace/copy.ts";
export { applyEnvConfig } from "./workspace/env-config.ts";
export { diffTree } from "./workspace/diff.ts";
export { copyRulesOf } from "./workspace/env-files.ts";
export { removeTree } from "./workspace/remove.ts";
export { findSourceRoot } from "./workspace/source-root.ts";
export { mergeTree, syncTree, workspaceChanges } from "./workspace/sync.ts";
export { createEnvironments } from "./environments/lifecycle.ts";
export type { Addressing, Consent, ConsentRequest, EnvironmentsDeps, Guard } from "./environments/deps.ts";
export { offloadedPair, prepareOffloadedCopy, readOffloadedProject } from "./environments/offload.ts";
export type { OffloadedCopy, OffloadedProject } from "./environments/offload.ts";
export { KNOWN_KEYS } from "./environments/config-schema.ts";
export { CONFIG_PATH, parseProjectConfig, readProjectConfig } from "./environments/config-file.ts";
export { loadEntered } from "./environments/workbench/stored.ts";
export { entryOf } from "./environments/workbench/enter.ts";
export type { Entry } from "./environments/workbench/enter.ts";
export { openHome } from "./environments/home-id.ts";
export { reapShared } from "./environments/shared-reap.ts";
export { environmentFolders, find, listRecords, saveRecord } from "./environments/records.ts";
export { findOrphans } from "./environments/orphans.ts";
export type { Orphan, OrphanSources } from "./environments/orphans.ts";
export { REFERENCE_VERSION, composeAttributes, composeParser, printCompose } from "./parsers/compose/index.ts";
export type { ComposeAttribute } from "./parsers/compose/index.ts";
export { chooseParser } from "./parsers/detect.ts";
export type { DetectRequest, Detected } from "./parsers/detect.ts";
export { projectFiles } from "./parsers/project-files.ts";
export { isolationRule } from "./isolation/rules.ts";
export {
  devcontainerParser,
  devcontainerProperties,
  printDevcontainer,
  readDevcontainer,
} from "./parsers/devcontainer/index.ts";
export type { DevcontainerProperty, ResolvedDevcontainer } from "./parsers/devcontainer/index.ts";
export { procfileParser } from "./parsers/procfile/index.ts";
