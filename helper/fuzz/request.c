/* Any bytes as a request: what is accepted stays in the pools, and becomes messages that fit; and any bytes as what the
 * kernel tells: no secret passes the scrubbing. For libFuzzer and AFL++. */
#include "../wireguard.c"
#include "oracle.h"

void die(const char *why) {
  fprintf(stderr, "%s\n", why);
  abort();
}

static void scrubbing(const uint8_t *data, size_t size) {
  static _Alignas(8) char payload[8192];
  static struct text text;
  if (size > sizeof payload) return;
  memcpy(payload, data, size);
  text.length = text.peers = 0;
  take_device(payload, size, &text);
  assert(text.length <= NLMSG_ALIGN(size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static _Alignas(8) char bytes[MAX_REQUEST];
  static struct text text;
  const struct request *request = (void *)bytes;
  struct message message;
  scrubbing(data, size);
  if (size > sizeof bytes) return 0;
  memset(bytes, 0, sizeof bytes);
  memcpy(bytes, data, size);
  if (!accept_request(request, size, oracle_config())) return 0;
  oracle_check(request, size);
  if (request->verb > REMOVE_PEER) return 0; /* the others tell WireGuard nothing */
  text.length = 0;
  uapi_write(&text, request);
  message_start(&message, 16, 0, &(struct genlmsghdr){0}, GENL_HDRLEN);
  put(&message, WGDEVICE_A_IFNAME, "cilo999", 8);
  put_request(&message, request);
  return 0;
}
