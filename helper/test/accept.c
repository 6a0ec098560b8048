/* What a socket unit with Accept=yes does, for machines without systemd as PID 1: accept PATH GID PROGRAM [ARGUMENT…]. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int main(int count, char **argv) {
  struct sockaddr_un where = {.sun_family = AF_UNIX};
  if (count < 4) return 2;
  strncpy(where.sun_path, argv[1], sizeof where.sun_path - 1);
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  umask(0117);
  if (bind(listener, (struct sockaddr *)&where, sizeof where) != 0 || listen(listener, 64) != 0) return 1;
  if (chown(argv[1], 0, (gid_t)atoi(argv[2])) != 0) return 1;
  signal(SIGCHLD, SIG_IGN);
  puts("ready");
  fflush(stdout);
  for (;;) {
    int connection = accept(listener, NULL, NULL);
    if (connection < 0) continue;
    if (fork() == 0) {
      signal(SIGCHLD, SIG_DFL);
      dup2(connection, 0);
      dup2(connection, 1);
      close(connection);
      execvp(argv[3], argv + 3);
      _exit(1);
    }
    close(connection);
  }
}
