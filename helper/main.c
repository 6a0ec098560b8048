/* One request: who asks, what, may they, do it, answer, one audit line. */
#include "helper.h"

/* Record N of the state file: who made interface N. Another interface of that name (another index) is not ours. */
struct record {
  uint32_t state, uid, index;
  uint8_t public_key[KEY];
};
enum { FREE, MAKING, MADE };

static struct config config;
static struct text text;
static int state_file = -1, audit_socket = -1;

static void read_config(void) {
  char word[20], value[256];
  int fd = open(CONFIG_PATH, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  FILE *file = fd < 0 || !is_root_file(fd) ? NULL : fdopen(fd, "r");
  if (file == NULL) die("no " CONFIG_PATH " that is root's alone; run: sudo cilo init");
  while (fscanf(file, "%19s %255s", word, value) == 2)
    if (strcmp(word, "wireguard-go") == 0 && value[0] == '/') strcpy(config.wireguard_go, value);
    else if (strcmp(word, "pool") != 0 || !accept_pool(value, &config)) die(CONFIG_PATH " is damaged");
  fclose(file);
}

static void open_files(void) {
  struct sockaddr_un log = {AF_UNIX, "/dev/log"};
  state_file = open(STATE_PATH, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (state_file < 0 || !is_root_file(state_file)) die("cannot use " STATE_PATH);
  audit_socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (connect(audit_socket, (struct sockaddr *)&log, sizeof log) != 0) audit_socket = -1;
}

static struct record load(uint16_t interface) {
  struct record record;
  off_t at = (off_t)(interface * sizeof record);
  return pread(state_file, &record, sizeof record, at) == sizeof record ? record : (struct record){0};
}

static void save(uint16_t interface, struct record record) {
  off_t at = (off_t)(interface * sizeof record);
  if (pwrite(state_file, &record, sizeof record, at) != sizeof record) die("cannot write " STATE_PATH);
}

/* The kernel's index of the caller's interface; 0: it is not theirs, or is not there. */
static unsigned owned(uint16_t interface, uid_t uid) {
  struct record record = load(interface);
  char name[16];
  name_of(interface, name);
  unsigned index = record.state != FREE && record.uid == uid ? link_index(name) : 0;
  return record.state == MAKING || record.index == index ? index : 0;
}

static unsigned list(uid_t uid) {
  unsigned count = 0;
  for (uint16_t number = 0; number < INTERFACES; number++)
    if (owned(number, uid) != 0) add_text(&text, "interface=%u\n", number), count++;
  return count;
}

/* 0, an errno, or -1 for a denial. */
static int create(const struct request *request, const char *name, uid_t uid) {
  unsigned index = owned(request->interface, uid);
  struct record record = {MAKING, uid, index, {0}};
  if (index == 0) {
    if (link_index(name) != 0 || list(uid) >= MAX_INTERFACES) return -1;
    save(request->interface, record);
    int error = link_change(RTM_NEWLINK, (struct ifinfomsg){0}, name, 0);
    if (error == EOPNOTSUPP) error = spawner_run(request->interface);
    if (error != 0) return save(request->interface, (struct record){0}), error;
  }
  record.state = MADE;
  record.index = link_index(name);
  memcpy(record.public_key, request->public_key, KEY);
  save(request->interface, record);
  int error = wireguard(name, request, &text);
  struct ifinfomsg up = {.ifi_index = (int)record.index, .ifi_flags = 1 /* IFF_UP */, .ifi_change = 1};
  return error != 0 ? error : link_change(RTM_NEWLINK, up, NULL, request->mtu);
}

static int set_peer(const struct request *request, const char *name) {
  static struct text line;
  int error = wireguard(name, NULL, &text);
  add_key(&line, "public_key", request->public_key); /* a line, or in an attribute */
  int is_known = memmem(text.bytes, text.length, line.bytes, line.length) != NULL ||
                 memmem(text.bytes, text.length, request->public_key, KEY) != NULL;
  if (error == 0 && text.peers >= MAX_PEERS && !is_known) return -1;
  return error != 0 ? error : wireguard(name, request, &text);
}

/* A `wireguard-go` ends a moment after its interface; the end of the connection to it tells when. */
static int destroy(struct ifinfomsg link, const char *name) {
  int daemon = uapi_connect(name), error = link_change(RTM_DELLINK, link, NULL, 0);
  if (daemon >= 0 && error == 0) recv(daemon, &(char){0}, 1, 0);
  return error;
}

static int serve(const struct request *request, const char *name, uid_t uid) {
  unsigned index = owned(request->interface, uid);
  struct ifinfomsg link = {.ifi_index = (int)index};
  int error = index != 0 ? 0 : link_index(name) == 0 ? ENODEV : -1;
  if (request->verb == LIST) return list(uid), 0;
  if (request->verb == CREATE) return create(request, name, uid);
  if (error != 0) return error;
  switch (request->verb) {
    case SET_PEER: return set_peer(request, name);
    case REMOVE_PEER: return wireguard(name, request, &text);
    case DESTROY: return destroy(link, name);
    case STATUS: return wireguard(name, NULL, &text);
  }
  for (int i = 0; i < request->count && error == 0; i++) error = prefix_change(index, request, &request->prefixes[i]);
  return error;
}

static void audit(const struct request *request, uid_t uid, int result) {
  static const char verbs[][12] = {"?", "create", "set-peer", "remove-peer", "address", "route", "destroy", "status", "list"};
  char line[160];
  int length = snprintf(line, sizeof line, "<86>cilo-helper: uid=%u verb=%s interface=%u result=%s errno=%d\n", uid,
                        verbs[request->verb <= LIST ? request->verb : 0], request->interface,
                        result < 0 ? "denied" : result > 0 ? "failed" : "ok", result > 0 ? result : 0);
  if (audit_socket >= 0) send(audit_socket, line, (size_t)length, MSG_NOSIGNAL);
  else if (write(STDERR_FILENO, line + 4, (size_t)length - 4) < 0) return;
}

int main(void) {
  static _Alignas(8) char bytes[MAX_REQUEST];
  const struct request *request = (void *)bytes;
  struct reply reply = {.magic = MAGIC, .version = VERSION};
  char name[16];
  size_t size = 0;
  uid_t uid = first_actions();
  read_config();
  open_files();
  keep_net_admin();
  if (config.wireguard_go[0] != 0) spawner_start(config.wireguard_go);
  close_syscalls();
  for (ssize_t part = 1; part > 0 && size < sizeof bytes; size += part > 0 ? (size_t)part : 0)
    part = read(STDIN_FILENO, bytes + size, sizeof bytes - size);
  int is_accepted = uid != (uid_t)-1 && uid != NOBODY && accept_request(request, size, &config), result = -1;
  name_of(request->interface, name);
  if (is_accepted && flock(state_file, LOCK_EX) == 0) result = serve(request, name, uid);
  if (request->verb == STATUS && result == 0) memcpy(reply.public_key, load(request->interface).public_key, KEY);
  audit(request, uid, result);
  explicit_bzero(bytes, sizeof bytes);
  reply.code = result < 0 ? DENIED : result > 0 ? FAILED : OK;
  reply.error = (uint16_t)(result > 0 ? result : 0);
  text.length = result == 0 ? text.length : 0;
  return write(STDOUT_FILENO, &reply, sizeof reply) < 0 || write(STDOUT_FILENO, text.bytes, text.length) < 0 || result != 0;
}
