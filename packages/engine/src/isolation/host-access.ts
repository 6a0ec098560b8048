import type { Service } from "../spec/spec.ts";
import type { SharedWithHost } from "./isolated-spec.ts";
import type { ServiceContext } from "./service-context.ts";
import { asList, asRecord, lookup } from "./records.ts";

/**
 * Lists what a service may do to the host beyond its mounts: devices, capabilities, loosened confinement, programs.
 * It is carried as it is; whether it is allowed is decided by whoever runs the environment.
 */
export function listHostAccess(service: Service, at: ServiceContext): Service {
  const share = (kind: SharedWithHost["kind"], what: string): void =>
    at.report.share({ kind, what, service: at.name, readOnly: false });
  if (service.privileged === true || hasPrivilegedHook(service)) share("privileged", "privileged container");
  if (service["use_api_socket"] === true) share("engine-socket", "the engine's API socket");
  for (const device of devices(service)) share("device", device);
  for (const capability of addedCapabilities(service)) share("capability", capability);
  for (const option of looseOptions(service)) share("security-option", option);
  for (const propagation of sharedPropagation(service)) share("namespace", propagation);
  const provider = asRecord(service["provider"])?.["type"];
  if (typeof provider === "string") share("program", `provider ${provider}`);
  for (const model of modelNames(service)) share("service", `model ${model}`);
  return service;
}

function hasPrivilegedHook(service: Service): boolean {
  const hooks = [service["pre_start"], service["post_start"], service["pre_stop"]].flatMap(asList);
  return hooks.some((hook) => asRecord(hook)?.["privileged"] === true);
}

function devices(service: Service): string[] {
  const reserved = asRecord(asRecord(asRecord(service.deploy)?.["resources"])?.["reservations"])?.["devices"];
  return [
    ...asList(service.devices).map((device) => text(asRecord(device)?.["source"] ?? device)),
    ...asList(service["device_cgroup_rules"]).map((rule) => `device rule ${text(rule)}`),
    ...[...asList(service["gpus"]), ...asList(reserved)].map((device) => `device ${describeRequest(device)}`),
  ];
}

function describeRequest(device: unknown): string {
  const request = asRecord(device);
  const named = [request?.["driver"], ...asList(request?.["capabilities"])].filter((part) => typeof part === "string");
  return named.length === 0 ? "gpu" : named.join(" ");
}

/** What Docker gives every container. */
const DEFAULT_CAPABILITIES = new Set([
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "NET_RAW",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
]);

function addedCapabilities(service: Service): string[] {
  return asList(service["cap_add"])
    .map((capability) => text(capability).toUpperCase().replace(/^CAP_/u, ""))
    .filter((capability) => !DEFAULT_CAPABILITIES.has(capability));
}

/** Everything but what only tightens. */
function looseOptions(service: Service): string[] {
  return asList(service["security_opt"])
    .map(text)
    .filter((option) => !/^no-new-privileges(?:[=:]true)?$/u.test(option));
}

function sharedPropagation(service: Service): string[] {
  return (service.volumes ?? []).flatMap((volume) => {
    const propagation = lookup(volume.bind, "propagation");
    return propagation === "shared" || propagation === "rshared" ? [`mounts made under ${volume.source}`] : [];
  });
}

function modelNames(service: Service): string[] {
  const models = service["models"];
  return Array.isArray(models) ? models.map(text) : Object.keys(asRecord(models) ?? {});
}

function text(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
