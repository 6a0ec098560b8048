/* cilo-helper: WireGuard interfaces named cilo0 to cilo999 for ordinary users, inside the pools of a root-owned
 * configuration, and nothing else. One process serves one request. For auditors: docs/SECURITY.md. */
#pragma once
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/rtnetlink.h>
#include <linux/wireguard.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#ifndef CONFIG_PATH /* tests name others when they compile; nothing can at run time */
#define CONFIG_PATH "/etc/cilo/helper.conf"
#define STATE_PATH "/run/cilo-helper.state"
#endif

enum { MAGIC = 0x4f4c4943 /* "CILO" */, VERSION = 1, MAX_REQUEST = 4096, MAX_REPLY = 65536, SECONDS_TO_LIVE = 10 };
enum { INTERFACES = 1000, MAX_INTERFACES = 8 /* of a uid */, MAX_PEERS = 64 /* of an interface */ };
enum { KEY = 32, MAX_PREFIXES = 32, MAX_POOLS = 8, SHORTEST_PREFIX = 24, FIRST_PORT = 1024, NOBODY = 65534 };
enum verb { CREATE = 1, SET_PEER, REMOVE_PEER, ADDRESS, ROUTE, DESTROY, STATUS, LIST };
enum code { OK, DENIED, FAILED }; /* one code for every denial: it tells nothing of files, users or interfaces */

struct prefix {
  uint32_t address, length; /* the address in network order */
};

/* Always this size, little-endian, no strings; what a verb does not use is ignored. */
struct request {
  uint32_t magic;
  uint16_t size;
  uint8_t version, verb;
  uint16_t interface, listen_port, mtu, keepalive; /* listen_port 0: any, or as it is */
  uint8_t private_key[KEY], public_key[KEY], preshared_key[KEY];
  union {
    struct sockaddr any; /* family 0: none */
    struct sockaddr_in four;
    struct sockaddr_in6 six;
  } endpoint;
  uint16_t remove, count; /* remove, of ADDRESS and ROUTE: take away instead of add */
  struct prefix prefixes[MAX_PREFIXES];
};
_Static_assert(sizeof(struct request) == 400 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the protocol");

/* Then, with OK, text: lines of WireGuard's UAPI, or what the kernel's generic netlink tells; no secrets. */
struct reply {
  uint32_t magic;
  uint8_t version, code;
  uint16_t error; /* errno, with FAILED */
  uint8_t public_key[KEY];
};

struct config {
  struct prefix pools[MAX_POOLS];
  unsigned pool_count;
  char wireguard_go[256]; /* empty: none */
};

struct text {
  char bytes[MAX_REPLY];
  size_t length;
  unsigned peers;
};

struct message {
  _Alignas(8) unsigned char bytes[4096];
};
typedef void on_message(void *payload, size_t length, void *context);

int accept_request(const struct request *request, size_t size, const struct config *config);
int accept_pool(const char *text, struct config *config);

_Noreturn void die(const char *why);
uid_t first_actions(void);
int is_root_file(int fd);
void keep_net_admin(void);
void spawner_start(const char *program);
int spawner_run(uint16_t interface);
void close_syscalls(void);

/* These answer 0 or an errno. */
int talk(int protocol, struct message *message, on_message *each, void *context);
int link_change(int type, struct ifinfomsg link, const char *new_name, uint32_t mtu);
int prefix_change(unsigned index, const struct request *request, const struct prefix *prefix);
int wireguard(const char *name, const struct request *request, struct text *text);

void message_start(struct message *message, int type, int flags, const void *head, size_t size);
struct rtattr *put(struct message *message, int type, const void *data, size_t size);
void end_nest(struct message *message, struct rtattr *start);
unsigned link_index(const char *name);
int uapi_connect(const char *name);
void name_of(uint16_t interface, char name[16]);
void add_text(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void add_key(struct text *text, const char *name, const uint8_t key[KEY]);
