import type { Service, ServiceVolume } from "../../spec/spec.ts";
import { parseMount, parseShortVolume } from "./mounts.ts";

/** What `runArgs` ask for, in the vocabulary of a service. */
export interface RunArguments {
  readonly service: Service;
  /** Values of `--publish`. */
  readonly published: readonly string[];
  /** Flags that an environment has its own way for, or that are not known. */
  readonly dropped: readonly string[];
}

interface Collected {
  readonly [name: string]: string[];
}

/** Flags with one value → the list of a service they add to. */
const LISTS: Readonly<Record<string, string>> = {
  "cap-add": "cap_add",
  "cap-drop": "cap_drop",
  "security-opt": "security_opt",
  dns: "dns",
  "dns-search": "dns_search",
  "dns-option": "dns_opt",
  "group-add": "group_add",
  tmpfs: "tmpfs",
  expose: "expose",
  "device-cgroup-rule": "device_cgroup_rules",
};

/** Flags with one value → the text of a service they set. */
const TEXTS: Readonly<Record<string, string>> = {
  hostname: "hostname",
  user: "user",
  workdir: "working_dir",
  "shm-size": "shm_size",
  memory: "mem_limit",
  "memory-swap": "memswap_limit",
  "memory-reservation": "mem_reservation",
  ipc: "ipc",
  pid: "pid",
  uts: "uts",
  userns: "userns_mode",
  cgroupns: "cgroup",
  "stop-signal": "stop_signal",
  restart: "restart",
  runtime: "runtime",
  platform: "platform",
  cpuset: "cpuset",
};

/** Flags with one value → the map of a service they add to. */
const MAPS: Readonly<Record<string, string>> = { env: "environment", label: "labels", sysctl: "sysctls" };

/** Flags with one value that are read on their own. */
const OTHERS = ["volume", "mount", "add-host", "ulimit", "device", "cpus", "gpus", "publish", "pids-limit"];

/** Flags without a value → attribute. */
const SWITCHES: Readonly<Record<string, string>> = {
  init: "init",
  privileged: "privileged",
  "read-only": "read_only",
  tty: "tty",
  interactive: "stdin_open",
};

const SHORT: Readonly<Record<string, string>> = {
  e: "env",
  v: "volume",
  u: "user",
  w: "workdir",
  h: "hostname",
  l: "label",
  m: "memory",
  p: "publish",
  t: "tty",
  i: "interactive",
  d: "detach",
  P: "publish-all",
};

/** Flags without a value that mean nothing to an environment. */
const MEANINGLESS = new Set(["rm", "detach", "publish-all", "no-healthcheck", "sig-proxy", "quiet"]);

/** Reads flags of `docker run`, `--flag=value` and `--flag value`. */
export function readRunArguments(args: readonly string[], env: Readonly<Record<string, string>>): RunArguments {
  const values: Record<string, string[]> = {};
  const dropped: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const flag = flagOf(args[index] ?? "");
    if (flag === undefined || Object.hasOwn(SWITCHES, flag.name) || MEANINGLESS.has(flag.name)) {
      if (flag === undefined || MEANINGLESS.has(flag.name)) dropped.push(args[index] ?? "");
      else if (flag.value !== "false") (values[flag.name] ??= []).push("true");
      continue;
    }
    const value = flag.value ?? args[++index] ?? "";
    if (isKnown(flag.name)) (values[flag.name] ??= []).push(value);
    else dropped.push(`--${flag.name} ${value}`);
  }
  return { service: serviceOf(values, env), published: values["publish"] ?? [], dropped };
}

function isKnown(name: string): boolean {
  return [LISTS, TEXTS, MAPS].some((table) => Object.hasOwn(table, name)) || OTHERS.includes(name);
}

function flagOf(arg: string): { readonly name: string; readonly value?: string } | undefined {
  const [, long, longValue] = /^--([a-z][a-z-]*)(?:=(.*))?$/su.exec(arg) ?? [];
  if (long !== undefined) return { name: long, ...(longValue === undefined ? {} : { value: longValue }) };
  const [, short = "", rest = ""] = /^-([A-Za-z])=?(.*)$/su.exec(arg) ?? [];
  const name = SHORT[short];
  return name === undefined ? undefined : { name, ...(rest === "" ? {} : { value: rest }) };
}

function serviceOf(values: Collected, env: Readonly<Record<string, string>>): Service {
  const service: Record<string, unknown> = {};
  for (const [flag, attribute] of Object.entries(LISTS))
    if (values[flag] !== undefined) service[attribute] = values[flag];
  for (const [flag, attribute] of Object.entries(TEXTS))
    if (values[flag] !== undefined) service[attribute] = values[flag].at(-1);
  for (const [flag, attribute] of Object.entries(MAPS))
    if (values[flag] !== undefined) service[attribute] = pairs(values[flag], flag === "env" ? env : {});
  for (const [flag, attribute] of Object.entries(SWITCHES)) if (values[flag] !== undefined) service[attribute] = true;
  const volumes = [
    ...(values["volume"] ?? []).map(parseShortVolume),
    ...(values["mount"] ?? []).map(parseMount),
  ].filter((mount): mount is ServiceVolume => mount !== undefined);
  return {
    ...service,
    ...(volumes.length === 0 ? {} : { volumes }),
    ...(values["add-host"] === undefined ? {} : { extra_hosts: values["add-host"].map(extraHost) }),
    ...(values["ulimit"] === undefined ? {} : { ulimits: Object.fromEntries(values["ulimit"].map(ulimit)) }),
    ...(values["device"] === undefined ? {} : { devices: values["device"].map(device) }),
    ...numberOf("cpus", values["cpus"]),
    ...numberOf("pids_limit", values["pids-limit"]),
    ...(values["gpus"] === undefined ? {} : { gpus: [{ count: gpuCount(values["gpus"].at(-1) ?? "all") }] }),
  };
}

/** `NAME` alone takes the caller's value. */
function pairs(texts: readonly string[], env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    texts.flatMap((text): [string, string][] => {
      const at = text.indexOf("=");
      if (at >= 0) return [[text.slice(0, at), text.slice(at + 1)]];
      const own = Object.hasOwn(env, text) ? env[text] : undefined;
      return own === undefined ? [] : [[text, own]];
    }),
  );
}

function extraHost(text: string): string {
  return /^[^:=]+:/u.test(text) ? text.replace(":", "=") : text;
}

function ulimit(text: string): [string, number | { soft: number; hard: number }] {
  const [, name = text, soft = "0", hard] = /^([^=]+)=(-?\d+)(?::(-?\d+))?$/u.exec(text) ?? [];
  return [name, hard === undefined ? Number(soft) : { soft: Number(soft), hard: Number(hard) }];
}

function device(text: string): { source: string; target: string; permissions: string } {
  const [source = "", target = source, permissions = "rwm"] = text.split(":");
  return { source, target, permissions };
}

function numberOf(attribute: string, texts: readonly string[] | undefined): Record<string, number> {
  const number = Number(texts?.at(-1) ?? Number.NaN);
  return Number.isFinite(number) ? { [attribute]: number } : {};
}

function gpuCount(text: string): number {
  return /^\d+$/u.test(text) ? Number(text) : -1;
}
