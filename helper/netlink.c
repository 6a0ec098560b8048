/* Links, addresses and routes by rtnetlink: messages in one bounded buffer, each with its acknowledgement. */
#include "helper.h"

static struct nlmsghdr *header(struct message *message) { return (struct nlmsghdr *)(void *)message->bytes; }

static void *append(struct message *message, const void *data, size_t size) {
  size_t at = NLMSG_ALIGN(header(message)->nlmsg_len);
  if (at + size > sizeof message->bytes) die("netlink message too large");
  header(message)->nlmsg_len = (uint32_t)(at + size);
  return size == 0 ? message->bytes + at : memcpy(message->bytes + at, data, size);
}

void message_start(struct message *message, int type, int flags, const void *head, size_t size) {
  memset(message, 0, sizeof *message);
  *header(message) = (struct nlmsghdr){NLMSG_HDRLEN, (uint16_t)type, (uint16_t)(NLM_F_REQUEST | flags), 0, 0};
  append(message, head, size);
}

/* Without data it opens a nest, which `end_nest` closes. */
struct rtattr *put(struct message *message, int type, const void *data, size_t size) {
  struct rtattr start = {(uint16_t)RTA_LENGTH(size), (uint16_t)(size == 0 ? type | NLA_F_NESTED : type)};
  struct rtattr *attribute = append(message, &start, sizeof start);
  append(message, data, size);
  return attribute;
}

void end_nest(struct message *message, struct rtattr *start) {
  start->rta_len = (uint16_t)(message->bytes + header(message)->nlmsg_len - (unsigned char *)start);
}

/* The result that stands in one datagram; -1 while more is to come. */
static int read_all(struct nlmsghdr *one, ssize_t left, on_message *each, void *context) {
  for (; left > 0 && NLMSG_OK(one, (size_t)left); one = NLMSG_NEXT(one, left)) {
    const struct nlmsgerr *error = NLMSG_DATA(one);
    if (one->nlmsg_type == NLMSG_ERROR) return one->nlmsg_len < NLMSG_LENGTH(sizeof *error) ? EPROTO : -error->error;
    if (one->nlmsg_type == NLMSG_DONE) return 0;
    if (each != NULL) each(NLMSG_DATA(one), NLMSG_PAYLOAD(one, 0), context);
  }
  return -1;
}

int talk(int protocol, struct message *message, on_message *each, void *context) {
  static _Alignas(8) unsigned char bytes[32768];
  int result = -1, fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
  if ((header(message)->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP) header(message)->nlmsg_flags |= NLM_F_ACK;
  if (fd < 0 || send(fd, message->bytes, header(message)->nlmsg_len, 0) < 0) result = errno;
  while (result == -1) {
    ssize_t length = recv(fd, bytes, sizeof bytes, 0);
    result = length < 0 ? errno : read_all((void *)bytes, length, each, context);
  }
  if (fd >= 0) close(fd);
  explicit_bzero(bytes, sizeof bytes);
  explicit_bzero(message, sizeof *message);
  return result;
}

static void take_index(void *payload, size_t length, void *index) {
  if (length >= sizeof(struct ifinfomsg)) *(unsigned *)index = (unsigned)((struct ifinfomsg *)payload)->ifi_index;
}

/* 0: there is no such interface. */
unsigned link_index(const char *name) {
  struct message message;
  unsigned index = 0;
  message_start(&message, RTM_GETLINK, 0, &(struct ifinfomsg){0}, sizeof(struct ifinfomsg));
  put(&message, IFLA_IFNAME, name, strlen(name) + 1);
  return talk(NETLINK_ROUTE, &message, take_index, &index) == 0 ? index : 0;
}

int link_change(int type, struct ifinfomsg link, const char *new_name, uint32_t mtu) {
  struct message message;
  message_start(&message, type, new_name == NULL ? 0 : NLM_F_CREATE | NLM_F_EXCL, &link, sizeof link);
  if (mtu != 0) put(&message, IFLA_MTU, &mtu, sizeof mtu);
  if (new_name != NULL) {
    put(&message, IFLA_IFNAME, new_name, strlen(new_name) + 1);
    struct rtattr *info = put(&message, IFLA_LINKINFO, NULL, 0);
    put(&message, IFLA_INFO_KIND, "wireguard", sizeof "wireguard");
    end_nest(&message, info);
  }
  return talk(NETLINK_ROUTE, &message, NULL, NULL);
}

/* Adds exclusively: what another interface has is an error (EEXIST), never taken. */
int prefix_change(unsigned index, const struct request *request, const struct prefix *prefix) {
  struct ifaddrmsg address = {.ifa_family = AF_INET, .ifa_prefixlen = (uint8_t)prefix->length, .ifa_index = index};
  struct rtmsg route = {.rtm_family = AF_INET, .rtm_dst_len = (uint8_t)prefix->length, .rtm_table = RT_TABLE_MAIN,
                        .rtm_protocol = RTPROT_STATIC, .rtm_scope = RT_SCOPE_LINK, .rtm_type = RTN_UNICAST};
  int flags = request->remove ? 0 : NLM_F_CREATE | NLM_F_EXCL, is_route = request->verb == ROUTE;
  int type = (is_route ? RTM_NEWROUTE : RTM_NEWADDR) + request->remove; /* each DEL follows its NEW */
  struct message message;
  message_start(&message, type, flags, is_route ? (void *)&route : &address, is_route ? sizeof route : sizeof address);
  put(&message, is_route ? RTA_DST : IFA_LOCAL, &prefix->address, sizeof prefix->address);
  if (is_route) put(&message, RTA_OIF, &index, sizeof index);
  return talk(NETLINK_ROUTE, &message, NULL, NULL);
}
