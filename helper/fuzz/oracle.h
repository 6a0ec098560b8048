/* The policy said again, in another way, for fuzzers and the property test: whatever is accepted must hold this. */
#pragma once
#include <assert.h>
#include "../helper.h"

static const struct config *oracle_config(void) {
  static struct config config;
  if (config.pool_count == 0) {
    assert(accept_pool("10.224.0.0/16", &config) && accept_pool("10.225.0.0/16", &config));
    assert(accept_pool("172.20.4.0/22", &config));
  }
  return &config;
}

/* By the four decimal parts, not by masks. */
static int oracle_in_pools(const struct prefix *prefix) {
  const uint8_t *part = (const uint8_t *)&prefix->address;
  uint64_t last = (uint64_t)part[3] + (UINT64_C(1) << (32 - prefix->length)) - 1; /* within one /24 */
  if (prefix->length < 24 || prefix->length > 32 || last > 255) return 0;
  if (part[0] == 10) return part[1] == 224 || part[1] == 225;
  return part[0] == 172 && part[1] == 20 && part[2] >= 4 && part[2] <= 7;
}

static void oracle_check(const struct request *request, size_t size) {
  assert(size == 400 && request->interface <= 999 && request->verb >= 1 && request->verb <= 8);
  if (request->verb == SET_PEER || request->verb == ADDRESS || request->verb == ROUTE) {
    assert(request->count <= 32);
    for (int i = 0; i < request->count; i++) assert(oracle_in_pools(&request->prefixes[i]));
  }
  if (request->verb == SET_PEER && request->endpoint.any.sa_family != 0) assert(ntohs(request->endpoint.four.sin_port) > 1023);
  if (request->verb == CREATE) assert(request->listen_port == 0 || request->listen_port > 1023);
}
