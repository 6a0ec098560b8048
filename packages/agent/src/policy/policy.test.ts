import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { composeParser, isolate, planNetworks, projectFiles } from "@cilo/engine";
import { expect, test } from "vitest";
import { policyProblems } from "./policy.ts";

/** A project that does none of it is let through with all that ordinary projects say. */
const ordinary = `
services:
  web:
    build: { context: ./app, args: { A: "1" }, target: dev, shm_size: 64m }
    command: ["serve"]
    cap_add: [NET_BIND_SERVICE]
    cap_drop: [ALL]
    deploy: { resources: { limits: { memory: 64M, cpus: "0.5" } } }
    environment: { A: "1" }
    extra_hosts: ["a.example:192.0.2.1"]
    healthcheck: { test: ["CMD", "true"] }
    init: true
    logging: { driver: json-file, options: { max-size: 1m } }
    mem_limit: 64m
    oom_score_adj: 100
    ports: ["80:8080"]
    restart: always
    security_opt: ["no-new-privileges:true"]
    shm_size: 64m
    sysctls: { net.core.somaxconn: "1024" }
    tmpfs: ["/run:size=10m"]
    ulimits: { nofile: 1024 }
    user: "1000"
    volumes: ["./app:/app", "data:/data", { type: tmpfs, target: /t }]
    configs: [settings]
  db:
    image: busybox
    network_mode: none
    volumes_from: [web]
  side:
    image: busybox
    network_mode: "service:web"
    pid: "service:web"
volumes:
  data: {}
  memory: { driver_opts: { type: tmpfs, device: tmpfs, o: "size=10m" } }
configs:
  settings: { file: ./app/settings }
`;

test("lets an ordinary project through", async () => {
  expect(await problemsOf(ordinary)).toEqual([]);
});

/** What a project might say to own the machine → how the refusal names it. */
const attacks: Readonly<Record<string, readonly [service: string, names: RegExp, top?: string]>> = {
  "full rights": ["privileged: true", /services\.x.*privileged/u],
  "a privileged hook": ["post_start: [{ command: id, privileged: true }]", /privileged/u],
  "the host's network": ["network_mode: host", /services\.x\.network_mode: network_mode: host/u],
  "another container's network": ["network_mode: 'container:other'", /network_mode: container:other/u],
  "the host's processes": ["pid: host", /services\.x\.pid: pid: host/u],
  "another container's processes": ["pid: 'container:other'", /pid: container:other/u],
  "the host's shared memory": ["ipc: host", /ipc: host/u],
  "the host's name": ["uts: host", /uts: host/u],
  "the host's users": ["userns_mode: host", /userns_mode: host/u],
  "the host's control groups": ["cgroup: host", /cgroup: host/u],
  "a control group of its choice": ["cgroup_parent: /system.slice", /services\.x\.cgroup_parent/u],
  "a device": ["devices: ['/dev/kmsg:/dev/kmsg']", /services\.x.*\/dev\/kmsg/u],
  "a device rule": ["device_cgroup_rules: ['a *:* rwm']", /device rule a \*:\* rwm/u],
  "a reserved device": [
    "deploy: { resources: { reservations: { devices: [{ capabilities: [gpu] }] } } }",
    /reservations\.devices/u,
  ],
  "every gpu": ["gpus: all", /services\.x.*gpu/u],
  "another runtime": ["runtime: kata", /services\.x\.runtime/u],
  "a capability": ["cap_add: [SYS_ADMIN]", /capability SYS_ADMIN/u],
  "a capability in another spelling": ["cap_add: [cap_sys_ptrace]", /SYS_PTRACE/u],
  "every capability": ["cap_add: [ALL]", /capability ALL/u],
  "no system call filter": ["security_opt: ['seccomp=unconfined']", /seccomp=unconfined/u],
  "no AppArmor": ["security_opt: ['apparmor:unconfined']", /apparmor:unconfined/u],
  "no SELinux labels": ["security_opt: ['label:disable']", /label:disable/u],
  "unmasked system paths": ["security_opt: ['systempaths=unconfined']", /systempaths=unconfined/u],
  "the root folder": ["volumes: ['/:/host']", /engine's socket, by \/ is/u],
  "a folder beside the workspace": ["volumes: ['../..:/up']", /services\.x.*folder or file/u],
  "a folder by a link": ["volumes: ['./leaving:/up']", /services\.x.*folder or file \/etc is/u],
  "the engine's socket": ["volumes: ['/var/run/docker.sock:/s']", /engine's socket/u],
  "the folder of the engine's socket": ["volumes: ['/run:/s']", /engine's socket/u],
  "the engine's API": ["use_api_socket: true", /engine's socket/u],
  "mounts that spread": [
    "volumes: [{ type: bind, source: ./app, target: /a, bind: { propagation: rshared } }]",
    /rshared|mounts made under/u,
  ],
  "a Windows pipe": ["volumes: [{ type: npipe, source: p, target: /p }]", /type npipe/u],
  "a mount in disguise as tmpfs": ["tmpfs: ['/x:bind']", /services\.x\.tmpfs/u],
  "the host's kernel settings": ["sysctls: { kernel.core_pattern: '|/x' }", /kernel\.core_pattern/u],
  "real-time priority": ["ulimits: { rtprio: 99 }", /ulimits: rtprio/u],
  "never to be killed": ["oom_kill_disable: true", /oom_kill_disable/u],
  "others to be killed first": ["oom_score_adj: -1000", /oom_score_adj/u],
  "a log in the host's services": [
    "logging: { driver: syslog, options: { syslog-address: 'unix:///dev/log' } }",
    /syslog/u,
  ],
  "credentials of the host": ["credential_spec: { file: /etc/shadow }", /credential_spec/u],
  "a program of the host": ["provider: { type: evil }", /provider/u],
  "storage options": ["storage_opt: { size: 100G }", /storage_opt/u],
  "annotations for the runtime": ["annotations: { run.oci.keep_original_groups: '1' }", /annotations/u],
  "a build outside": ["build: { context: /etc }", /services\.x.*reads \/etc/u],
  "a build outside by a link": ["build: { context: ./leaving }", /services\.x.*reads \/etc/u],
  "a Dockerfile outside": ["build: { context: ./app, dockerfile: ../../../etc/passwd }", /services\.x.*reads/u],
  "another context outside": ["build: { context: ./app, additional_contexts: { e: /etc } }", /reads \/etc/u],
  "a build on the host's network": ["build: { context: ./app, network: host }", /build\.network: host/u],
  "a build on a container's network": ["build: { context: ./app, network: 'container:x' }", /build\.network/u],
  "a privileged build": ["build: { context: ./app, privileged: true }", /privileged build/u],
  "a build's entitlement": ["build: { context: ./app, entitlements: [security.insecure] }", /security\.insecure/u],
  "the host's ssh keys": ["build: { context: ./app, ssh: [default] }", /ssh default/u],
  "a secret file outside": ["secrets: [s]", /\/etc\/shadow/u, "secrets: { s: { file: /etc/shadow } }"],
  "a config file by a link": ["configs: [c]", /\/etc\/passwd/u, "configs: { c: { file: ./passwd } }"],
  "a volume that is a folder": [
    "volumes: ['data:/v']",
    /volumes\.data|volume with data in \/etc/u,
    "volumes: { data: { driver: local, driver_opts: { type: none, o: bind, device: /etc } } }",
  ],
  "a volume that is an overlay of the root": [
    "volumes: ['data:/v']",
    /volumes\.data: driver_opts/u,
    "volumes: { data: { driver_opts: { type: overlay, device: overlay, o: 'lowerdir=/,upperdir=/u,workdir=/w' } } }",
  ],
  "a folder in disguise as memory": [
    "volumes: ['data:/v']",
    /volumes\.data: driver_opts/u,
    "volumes: { data: { driver_opts: { type: tmpfs, device: /, o: bind } } }",
  ],
  "a disk": [
    "volumes: ['data:/v']",
    /volumes\.data: driver_opts/u,
    "volumes: { data: { driver_opts: { type: ext4, device: /dev/sda1 } } }",
  ],
  "a volume plugin": ["volumes: ['data:/v']", /volume driver evil/u, "volumes: { data: { driver: evil } }"],
};

for (const [what, [service, names, top]] of Object.entries(attacks)) {
  test(`refuses ${what}, by name`, async () => {
    const image = service.startsWith("build:") || service.startsWith("provider:") ? "" : "    image: busybox\n";
    const problems = await problemsOf(`services:\n  x:\n${image}    ${service}\n${top ?? ""}\n`);
    expect(problems.join("\n")).toMatch(names);
  });
}

test("refuses an engine's own volume or network that the project's config keeps", async () => {
  const text = `services:\n  x: { image: busybox, volumes: ["data:/v"], networks: [n] }
volumes: { data: { external: true } }\nnetworks: { n: { external: true } }\n`;
  const problems = (await problemsOf(text, ["data", "n"])).join("\n");
  expect(problems).toMatch(/network: the engine's own network n/u);
  expect(problems).toMatch(/volumes\.data: an external volume/u);
});

async function problemsOf(text: string, keepExternal: readonly string[] = []): Promise<string[]> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "cilo-policy-")));
  try {
    const [sourceRoot, workspaceRoot] = [join(folder, "files"), join(folder, "workspace")];
    for (const root of [sourceRoot, workspaceRoot]) await fill(root, text);
    const files = projectFiles();
    const spec = composeParser.parse({ files, env: {}, workingDir: sourceRoot });
    const identity = { project: "p", environment: "e", home: "01234567", suffix: ".test" };
    const options = { share: [], isolate: [], keepExternal, scale: {}, hostnames: {} };
    const plan = { identity, sourceRoot, workspaceRoot, options, realPath: (path: string) => files.realPath(path) };
    const subnets = Object.fromEntries(planNetworks(spec, plan).map(({ key }, index) => [key, `10.1.${index}.0/28`]));
    const isolated = isolate(spec, { ...plan, allocation: { blocks: ["10.1.0.0/16"], subnets } });
    return policyProblems(spec, isolated).map((one) => `${one.attribute}: ${one.message}`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function fill(root: string, text: string): Promise<void> {
  await mkdir(join(root, "app"), { recursive: true });
  await writeFile(join(root, "app", "Dockerfile"), "FROM scratch\n");
  await writeFile(join(root, "app", "settings"), "");
  await symlink("/etc", join(root, "leaving"));
  await symlink("/etc/passwd", join(root, "passwd"));
  await writeFile(join(root, "compose.yaml"), text);
}
