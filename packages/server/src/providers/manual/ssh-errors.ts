import { CiloError, printable } from "@cilo/base";

export const HostCode = {
  unreachable: "HOST_UNREACHABLE",
  keyMismatch: "HOST_KEY_MISMATCH",
  loginRefused: "HOST_LOGIN_REFUSED",
  unsuitable: "HOST_UNSUITABLE",
  installFailed: "INSTALL_FAILED",
} as const;

/** What the SSH client's own failure (status 255) means. */
export function sshFailure(target: { host: string; port: number; user: string }, stderr: string): CiloError {
  const { host, port, user } = target;
  const said = printable(lastLine(stderr));
  if (/host key verification failed|identification has changed|no matching host key type/iu.test(stderr))
    return new CiloError(HostCode.keyMismatch, `${host} does not show the host key that was pinned for it`, {
      hint: `If the machine was set up anew: cilo-server machines remove, then add it again`,
    });
  if (/permission denied|too many authentication failures|no such identity|invalid format|load key/iu.test(stderr))
    return new CiloError(HostCode.loginRefused, `${host} refuses to let ${user} in: ${said}`, {
      hint: `Try it on the server's host: ssh -p ${port} ${user}@${host}`,
    });
  return new CiloError(
    HostCode.unreachable,
    `${host} does not answer on SSH port ${port}: ${said || "no reason given"}`,
    {
      hint: "Is the machine on, and does its firewall let the server in?",
    },
  );
}

export function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? "";
}
