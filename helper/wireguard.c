/* WireGuard by the UAPI socket of `wireguard-go`, or by generic netlink. Its state is told as it came, less secrets. */
#include "helper.h"

void name_of(uint16_t interface, char name[16]) { snprintf(name, 16, "cilo%u", (unsigned)interface); }

void add_text(struct text *text, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  size_t left = sizeof text->bytes - text->length;
  int length = vsnprintf(text->bytes + text->length, left, format, arguments);
  va_end(arguments);
  if (length < 0 || (size_t)length >= left) die("text too long");
  text->length += (size_t)length;
}

void add_key(struct text *text, const char *name, const uint8_t key[KEY]) {
  add_text(text, "%s=", name);
  for (int i = 0; i < KEY; i++) add_text(text, "%02x", key[i]);
  add_text(text, "\n");
}

static void add_address(struct text *text, const char *format, int family, const void *address, unsigned number) {
  char host[INET6_ADDRSTRLEN];
  if (inet_ntop(family, address, host, sizeof host) != NULL) add_text(text, format, host, number);
}

int uapi_connect(const char *name) {
  struct sockaddr_un where = {.sun_family = AF_UNIX};
  snprintf(where.sun_path, sizeof where.sun_path, "/var/run/wireguard/%s.sock", name);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&where, sizeof where) == 0) return fd;
  close(fd);
  return -1;
}

static void uapi_write(struct text *text, const struct request *request) {
  const struct sockaddr_in *four = &request->endpoint.four;
  const struct sockaddr_in6 *six = &request->endpoint.six;
  add_text(text, "set=1\n");
  add_key(text, request->verb == CREATE ? "private_key" : "public_key",
          request->verb == CREATE ? request->private_key : request->public_key);
  if (request->verb == CREATE && request->listen_port != 0) add_text(text, "listen_port=%u\n", request->listen_port);
  if (request->verb == REMOVE_PEER) add_text(text, "remove=true\n");
  if (request->verb != SET_PEER) return;
  add_key(text, "preshared_key", request->preshared_key);
  if (four->sin_family == AF_INET)
    add_address(text, "endpoint=%s:%u\n", AF_INET, &four->sin_addr, ntohs(four->sin_port));
  if (six->sin6_family == AF_INET6)
    add_address(text, "endpoint=[%s]:%u\n", AF_INET6, &six->sin6_addr, ntohs(six->sin6_port));
  add_text(text, "persistent_keepalive_interval=%u\nreplace_allowed_ips=true\n", request->keepalive);
  for (const struct prefix *one = request->prefixes; one < request->prefixes + request->count; one++)
    add_address(text, "allowed_ip=%s/%u\n", AF_INET, &one->address, one->length);
}

/* Sends the text, takes the answer in its place, and answers the errno in it. */
static int uapi_talk(int fd, struct text *text) {
  static char answer[MAX_REPLY];
  size_t length = 0;
  int error = EPROTO;
  ssize_t part = send(fd, text->bytes, text->length, MSG_NOSIGNAL);
  while (part > 0 && (length < 2 || memcmp(answer + length - 2, "\n\n", 2) != 0)) {
    part = recv(fd, answer + length, sizeof answer - 1 - length, 0);
    length += part > 0 ? (size_t)part : 0;
  }
  close(fd);
  explicit_bzero(text, sizeof *text);
  char *rest = answer;
  for (char *line = strtok_r(rest, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
    text->peers += strncmp(line, "public_key=", 11) == 0;
    int is_secret = strncmp(line, "private_key=", 12) == 0 || strncmp(line, "preshared_key=", 14) == 0;
    if (sscanf(line, "errno=%d", &error) == 0 && !is_secret) add_text(text, "%s\n", line);
  }
  explicit_bzero(answer, sizeof answer);
  return error < 0 ? -error : error;
}

static void take_family(void *payload, size_t length, void *family) {
  struct rtattr *one = (void *)((char *)payload + GENL_HDRLEN);
  for (int left = length < GENL_HDRLEN ? 0 : (int)(length - GENL_HDRLEN); RTA_OK(one, left); one = RTA_NEXT(one, left))
    if (one->rta_type == CTRL_ATTR_FAMILY_ID && RTA_PAYLOAD(one) >= 2) memcpy(family, RTA_DATA(one), 2);
}

static void put_peer(struct message *message, const struct request *request) {
  uint32_t flags = request->verb == REMOVE_PEER ? WGPEER_F_REMOVE_ME : WGPEER_F_REPLACE_ALLOWEDIPS;
  size_t size = request->endpoint.any.sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
  put(message, WGPEER_A_PUBLIC_KEY, request->public_key, KEY);
  put(message, WGPEER_A_FLAGS, &flags, sizeof flags);
  if (request->verb == REMOVE_PEER) return;
  put(message, WGPEER_A_PRESHARED_KEY, request->preshared_key, KEY);
  if (request->endpoint.any.sa_family != 0) put(message, WGPEER_A_ENDPOINT, &request->endpoint, size);
  put(message, WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, &request->keepalive, sizeof request->keepalive);
  struct rtattr *all = put(message, WGPEER_A_ALLOWEDIPS, NULL, 0);
  for (const struct prefix *one = request->prefixes; one < request->prefixes + request->count; one++) {
    struct rtattr *nest = put(message, 0, NULL, 0);
    put(message, WGALLOWEDIP_A_FAMILY, &(uint16_t){AF_INET}, sizeof(uint16_t));
    put(message, WGALLOWEDIP_A_IPADDR, &one->address, sizeof one->address);
    put(message, WGALLOWEDIP_A_CIDR_MASK, &(uint8_t){(uint8_t)one->length}, sizeof(uint8_t));
    end_nest(message, nest);
  }
  end_nest(message, all);
}

static void put_request(struct message *message, const struct request *request) {
  if (request->verb == CREATE) {
    put(message, WGDEVICE_A_PRIVATE_KEY, request->private_key, KEY);
    if (request->listen_port != 0) put(message, WGDEVICE_A_LISTEN_PORT, &request->listen_port, sizeof(uint16_t));
  } else {
    struct rtattr *peers = put(message, WGDEVICE_A_PEERS, NULL, 0), *peer = put(message, 0, NULL, 0);
    put_peer(message, request);
    end_nest(message, peer);
    end_nest(message, peers);
  }
}

/* Zeroes the secrets among the attributes, and counts the peers. */
static void scrub(struct text *text, struct rtattr *one, int left, int is_peer) { /* signed, as RTA_NEXT wants it */
  for (; RTA_OK(one, left); one = RTA_NEXT(one, left)) {
    int type = one->rta_type & NLA_TYPE_MASK;
    struct rtattr *peer = RTA_DATA(one);
    if (type == (is_peer ? (int)WGPEER_A_PRESHARED_KEY : (int)WGDEVICE_A_PRIVATE_KEY)) memset(peer, 0, RTA_PAYLOAD(one));
    text->peers += is_peer && type == WGPEER_A_RX_BYTES;
    if (!is_peer && type == WGDEVICE_A_PEERS)
      for (int peers = (int)RTA_PAYLOAD(one); RTA_OK(peer, peers); peer = RTA_NEXT(peer, peers))
        scrub(text, RTA_DATA(peer), (int)RTA_PAYLOAD(peer), 1);
  }
}

static void take_device(void *payload, size_t length, void *context) {
  struct text *text = context;
  size_t size = length < GENL_HDRLEN ? 0 : NLMSG_ALIGN(length - GENL_HDRLEN);
  if (size > sizeof text->bytes - text->length) die("text too long");
  char *attributes = memcpy(text->bytes + text->length, (char *)payload + GENL_HDRLEN, size);
  scrub(text, (void *)attributes, (int)size, 0);
  text->length += size;
}

/* Does what is requested, or, without a request, tells how things are. */
int wireguard(const char *name, const struct request *request, struct text *text) {
  struct message message;
  uint16_t family = 0;
  int fd = uapi_connect(name), command = request != NULL ? WG_CMD_SET_DEVICE : WG_CMD_GET_DEVICE;
  explicit_bzero(text, sizeof *text);
  if (fd >= 0) {
    if (request != NULL) uapi_write(text, request); else add_text(text, "get=1\n");
    add_text(text, "\n");
    return uapi_talk(fd, text);
  }
  message_start(&message, GENL_ID_CTRL, 0, &(struct genlmsghdr){CTRL_CMD_GETFAMILY, 1, 0}, GENL_HDRLEN);
  put(&message, CTRL_ATTR_FAMILY_NAME, WG_GENL_NAME, sizeof WG_GENL_NAME);
  int flags = request != NULL ? 0 : NLM_F_DUMP, error = talk(NETLINK_GENERIC, &message, take_family, &family);
  message_start(&message, family, flags, &(struct genlmsghdr){(uint8_t)command, WG_GENL_VERSION, 0}, GENL_HDRLEN);
  put(&message, WGDEVICE_A_IFNAME, name, strlen(name) + 1);
  if (request != NULL) put_request(&message, request);
  return error != 0 ? error : talk(NETLINK_GENERIC, &message, request != NULL ? NULL : take_device, text);
}
