import { HELPER_SOCKET } from "../wireguard/helper-reach.ts";

const HEADER = "# Written by `cilo init`, removed by `cilo init --undo`.\n";

/** The socket that members of the group may connect to; each connection starts one helper. */
export function socketUnit(group: string): string {
  return `${HEADER}[Unit]
Description=Requests for WireGuard interfaces of Cilo

[Socket]
ListenStream=${HELPER_SOCKET}
SocketMode=0660
SocketUser=root
SocketGroup=${group}
RemoveOnStop=yes
Accept=yes
MaxConnections=64
MaxConnectionsPerSource=16

[Install]
WantedBy=sockets.target
`;
}

/** One helper. \`KillMode=process\`: a wireguard-go that it started goes on when it is done. */
export function serviceUnit(program: string): string {
  return `${HEADER}[Unit]
Description=One request for a WireGuard interface of Cilo
CollectMode=inactive-or-failed

[Service]
ExecStart=${program}
StandardInput=socket
StandardOutput=socket
StandardError=journal
SyslogIdentifier=cilo-helper
# A request that was denied ends with 1.
SuccessExitStatus=0 1
KillMode=process
# The last two for giving up the rest.
CapabilityBoundingSet=CAP_NET_ADMIN CAP_SETPCAP CAP_SETGID
NoNewPrivileges=yes
ProtectHome=yes
ProtectSystem=strict
ReadWritePaths=/run
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_UNIX AF_NETLINK AF_INET AF_INET6
RestrictNamespaces=yes
LockPersonality=yes
SystemCallArchitectures=native
`;
}
