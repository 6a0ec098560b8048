/* Sends its standard input to a socket and prints the answer: ask PATH. For callers of other uids. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void copy(int from, int to) {
  char bytes[65536];
  for (ssize_t length; (length = read(from, bytes, sizeof bytes)) > 0;)
    if (write(to, bytes, (size_t)length) < 0) return;
}

int main(int count, char **argv) {
  struct sockaddr_un where = {.sun_family = AF_UNIX};
  if (count != 2) return 2;
  strncpy(where.sun_path, argv[1], sizeof where.sun_path - 1);
  int connection = socket(AF_UNIX, SOCK_STREAM, 0);
  if (connect(connection, (struct sockaddr *)&where, sizeof where) != 0) return perror("connect"), 1;
  copy(0, connection);
  shutdown(connection, SHUT_WR);
  copy(connection, 1);
  return 0;
}
