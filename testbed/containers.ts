import type { Host } from "./topology.ts";

/** All that an engine, systemd and WireGuard nested in a container need, without `--privileged`, which takes more. */
const capabilities = [
  "AUDIT_CONTROL",
  "AUDIT_READ",
  "BLOCK_SUSPEND",
  "DAC_READ_SEARCH",
  "IPC_LOCK",
  "IPC_OWNER",
  "LEASE",
  "LINUX_IMMUTABLE",
  "MAC_ADMIN",
  "NET_ADMIN",
  "NET_BROADCAST",
  "SYSLOG",
  "SYS_ADMIN",
  "SYS_BOOT",
  "SYS_MODULE",
  "SYS_NICE",
  "SYS_PACCT",
  "SYS_PTRACE",
  "SYS_RAWIO",
  "SYS_TIME",
  "SYS_TTY_CONFIG",
  "WAKE_ALARM",
];

/** The options of `docker run` that make a container a host. */
export function hostOptions(host: Pick<Host, "role" | "init">): string[] {
  return [
    ...capabilities.flatMap((name) => ["--cap-add", name]),
    "--security-opt",
    "seccomp=unconfined",
    "--security-opt",
    "systempaths=unconfined",
    "--device",
    "/dev/net/tun",
    "--device",
    "/dev/fuse",
    "--cgroupns",
    "host",
    "--volume",
    "/sys/fs/cgroup:/sys/fs/cgroup:rw",
    "--tmpfs",
    "/run:size=256m,mode=755",
    "--tmpfs",
    "/run/lock",
    "--tmpfs",
    `/tmp:${tmpOptions(host)}`,
    "--env",
    "container=docker",
    "--env",
    `CILO_TESTBED_ROLE=${host.role}`,
    "--env",
    `CILO_TESTBED_INIT=${host.init}`,
    ...(host.init === "systemd" ? ["--stop-signal", "SIGRTMIN+3"] : []),
  ];
}

/** Where systemd is, nothing may be executed in /tmp: some administrators set their machines up so. */
function tmpOptions(host: Pick<Host, "init">): string {
  return `size=1g,mode=1777,${host.init === "systemd" ? "noexec" : "exec"}`;
}
