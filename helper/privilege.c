/* Nothing of the caller's reaches us but bytes, and nothing of root's is left but CAP_NET_ADMIN. */
#include "helper.h"
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

static sigset_t blocked;
static int spawner_pipe = -1;
static pid_t spawner = -1;

void die(const char *why) {
  dprintf(STDERR_FILENO, "cilo-helper: %s\n", why);
  _exit(1);
}

static void must(int holds, const char *what) {
  if (!holds) die(what);
}

/* Who asks. On a socket that root's own process was given the kernel says it; else it is who started us, and their
 * network must be that of PID 1, or they could have us change one of another owner (as in CVE-2017-5985). */
static uid_t caller(void) {
  struct ucred peer = {0, 0, 0};
  struct stat own, first;
  socklen_t size = sizeof peer;
  if (getuid() == 0) return getsockopt(STDIN_FILENO, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.uid : 0;
  must(stat("/proc/self/ns/net", &own) == 0 && stat("/proc/1/ns/net", &first) == 0, "no /proc");
  return own.st_ino == first.st_ino ? getuid() : NOBODY;
}

/* In the setuid form the caller chose environment, descriptors, signals, limits, groups and folder. */
uid_t first_actions(void) {
  clearenv();
  for (int fd = 0; fd <= 2; fd++)
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd) _exit(1);
  must(close_range(3, ~0u, 0) == 0 && chdir("/") == 0, "close_range, chdir");
  umask(077);
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  sigfillset(&blocked);
  sigdelset(&blocked, SIGALRM);
  must(sigprocmask(SIG_SETMASK, &blocked, NULL) == 0, "sigprocmask");
  alarm(SECONDS_TO_LIVE);
  uid_t uid = caller();
  must(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}) == 0, "setrlimit");
  must(getgroups(0, NULL) == 0 || setgroups(0, NULL) == 0, "setgroups");
  /* All three ids: else the caller could stop us by a signal while we hold the lock. */
  must(setresgid(0, 0, 0) == 0 && setresuid(0, 0, 0) == 0, "it is not installed as root's; run: sudo cilo init");
  must(prctl(PR_SET_DUMPABLE, 0) == 0, "PR_SET_DUMPABLE");
  return uid;
}

/* A regular file that nobody but root can change. */
int is_root_file(int fd) {
  struct stat file;
  return fstat(fd, &file) == 0 && S_ISREG(file.st_mode) && file.st_uid == 0 && (file.st_mode & 022) == 0;
}

static void set_capabilities(uint32_t inheritable) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2] = {{1u << CAP_NET_ADMIN, 1u << CAP_NET_ADMIN, inheritable}, {0, 0, 0}};
  must(syscall(SYS_capset, &header, data) == 0, "capset");
}

void keep_net_admin(void) {
  unsigned bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED |
                  SECBIT_KEEP_CAPS_LOCKED;
  must(prctl(PR_SET_SECUREBITS, bits) == 0, "PR_SET_SECUREBITS");
  must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0, "PR_CAP_AMBIENT");
  for (int cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++)
    must(cap == CAP_NET_ADMIN || prctl(PR_CAPBSET_READ, cap) != 1 || prctl(PR_CAPBSET_DROP, cap) == 0, "PR_CAPBSET_DROP");
  set_capabilities(0);
  must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "PR_SET_NO_NEW_PRIVS");
}

/* A child that waits, from before system calls are closed, for an interface to start the one fixed program for. */
void spawner_start(const char *program) {
  char name[16];
  uint16_t interface;
  int ends[2], null = open("/dev/null", O_RDWR | O_CLOEXEC), file = open(program, O_PATH | O_CLOEXEC);
  must(file >= 0 && is_root_file(file) && null >= 0, "the configured wireguard-go is not root's alone");
  must(pipe2(ends, O_CLOEXEC) == 0 && (spawner = fork()) >= 0, "fork");
  spawner_pipe = ends[1];
  close(ends[spawner == 0]);
  if (spawner != 0) return;
  if (read(ends[0], &interface, sizeof interface) != sizeof interface || interface >= INTERFACES) _exit(0);
  name_of(interface, name);
  set_capabilities(1u << CAP_NET_ADMIN);
  must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0) == 0, "PR_CAP_AMBIENT");
  for (int fd = 0; fd <= 2; fd++) must(dup2(null, fd) == fd, "dup2");
  must(close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) == 0 && sigprocmask(SIG_UNBLOCK, &blocked, NULL) == 0, "close_range");
  alarm(0);
  setsid();
  execve(program, (char *[]){"wireguard-go", name, NULL}, (char *[]){NULL});
  _exit(1);
}

/* `wireguard-go` answers when its interface is there, and goes on by itself. */
int spawner_run(uint16_t interface) {
  int status;
  if (spawner < 0 || write(spawner_pipe, &interface, sizeof interface) != sizeof interface) return EOPNOTSUPP;
  return waitpid(spawner, &status, 0) == spawner && status == 0 ? 0 : EOPNOTSUPP;
}

#ifdef __x86_64__
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif
#define ALLOW(call) BPF_JUMP(BPF_JMP | BPF_JEQ, SYS_##call, 0, 1), BPF_STMT(BPF_RET, SECCOMP_RET_ALLOW)

/* From here on: what is open, and sockets. No file, no program, no other process. */
void close_syscalls(void) {
#ifndef WITHOUT_SECCOMP /* the sanitizers' runtimes need more */
  struct sock_filter list[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ, ARCHITECTURE, 1, 0), BPF_STMT(BPF_RET, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      ALLOW(read), ALLOW(write), ALLOW(pread64), ALLOW(pwrite64), ALLOW(flock), ALLOW(close), ALLOW(socket),
      ALLOW(connect), ALLOW(sendto), ALLOW(recvfrom), ALLOW(wait4), ALLOW(exit_group), ALLOW(rt_sigreturn),
      BPF_STMT(BPF_RET, SECCOMP_RET_KILL_PROCESS),
  };
  struct sock_fprog filter = {sizeof list / sizeof list[0], list};
  must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0, "PR_SET_SECCOMP");
#endif
}
