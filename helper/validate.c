/* What is accepted: every rule about the bytes of a request. Pure; what fuzzers and the property test drive. */
#include "helper.h"

static int within(const struct prefix *inner, uint32_t network, uint32_t length) {
  return inner->length >= length && ((ntohl(inner->address) ^ network) & ~(UINT32_MAX >> length)) == 0;
}

/* Never this network, loopback, link-local, multicast or reserved, whatever the configuration says. */
static int is_plain(const struct prefix *prefix) {
  uint32_t host_bits = prefix->length >= 32 ? 0 : UINT32_MAX >> prefix->length;
  return prefix->length <= 32 && (ntohl(prefix->address) & host_bits) == 0 && !within(prefix, 0, 8) &&
         !within(prefix, 127u << 24, 8) && !within(prefix, 169u << 24 | 254u << 16, 16) && !within(prefix, 7u << 29, 3);
}

static int prefixes_fine(const struct request *request, const struct config *config, uint32_t shortest) {
  for (int i = 0; i < request->count; i++) {
    unsigned pool = 0;
    if (request->prefixes[i].length < shortest || !is_plain(&request->prefixes[i])) return 0;
    while (pool < config->pool_count && !within(&request->prefixes[i], ntohl(config->pools[pool].address),
                                                config->pools[pool].length)) pool++;
    if (pool == config->pool_count) return 0;
  }
  return 1;
}

static int is_key(const uint8_t key[KEY]) {
  uint8_t any = 0;
  for (int i = 0; i < KEY; i++) any |= key[i];
  return any != 0;
}

static int endpoint_fine(const struct request *request) {
  const struct sockaddr_in6 *six = &request->endpoint.six;
  if (request->endpoint.any.sa_family == AF_INET) return ntohs(request->endpoint.four.sin_port) >= FIRST_PORT;
  if (request->endpoint.any.sa_family != AF_INET6) return request->endpoint.any.sa_family == 0;
  return ntohs(six->sin6_port) >= FIRST_PORT && six->sin6_flowinfo == 0 && six->sin6_scope_id == 0;
}

int accept_request(const struct request *request, size_t size, const struct config *config) {
  if (size != sizeof *request || request->size != size || request->magic != MAGIC) return 0;
  if (request->version != VERSION || request->interface >= INTERFACES) return 0;
  if (request->remove > 1 || request->count > MAX_PREFIXES) return 0;
  switch (request->verb) {
    case CREATE:
      return is_key(request->private_key) && request->mtu >= 1280 && request->mtu <= 1500 &&
             (request->listen_port == 0 || request->listen_port >= FIRST_PORT);
    case SET_PEER:
      return is_key(request->public_key) && endpoint_fine(request) && prefixes_fine(request, config, SHORTEST_PREFIX);
    case REMOVE_PEER: return is_key(request->public_key);
    case ADDRESS: case ROUTE: return prefixes_fine(request, config, request->verb == ADDRESS ? 32 : SHORTEST_PREFIX);
    case DESTROY: case STATUS: case LIST: return 1;
    default: return 0;
  }
}

/* A pool of the configuration: `10.224.0.0/16`. */
int accept_pool(const char *text, struct config *config) {
  char network[16], end;
  struct prefix pool;
  if (config->pool_count == MAX_POOLS || sscanf(text, "%15[0-9.]/%2u%c", network, &pool.length, &end) != 2) return 0;
  if (inet_pton(AF_INET, network, &pool.address) != 1 || pool.length < 8 || !is_plain(&pool)) return 0;
  config->pools[config->pool_count++] = pool;
  return 1;
}
