/* property COUNT SEED: random requests near the valid ones; no accepted one leaves the pools, and some are accepted. */
#include "../fuzz/oracle.h"

void die(const char *why) {
  fprintf(stderr, "%s\n", why);
  abort();
}

static uint64_t state;

static uint32_t draw(uint32_t below) {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return (uint32_t)(state % below);
}

/* Mostly inside or at the edge of a pool, sometimes anywhere. */
static struct prefix random_prefix(void) {
  static const uint32_t near[] = {0x0ae00000, 0x0adfff00, 0x0ae1ff00, 0x0ae20000, 0xac140400, 0xac140800, 0xac1403ff,
                                  0x7f000000, 0xa9fe0000, 0xe0000000, 0};
  uint32_t address = draw(4) == 0 ? draw(UINT32_MAX) : near[draw(11)] + (draw(2) ? draw(65536) : draw(4));
  uint32_t length = draw(8) == 0 ? draw(40) : 24 + draw(9);
  if (draw(4) != 0 && length < 32) address &= length == 0 ? 0 : ~(UINT32_MAX >> length);
  return (struct prefix){htonl(address), length};
}

static void fill(struct request *request) {
  memset(request, 0, sizeof *request);
  request->magic = MAGIC, request->size = sizeof *request, request->version = VERSION;
  request->verb = (uint8_t)draw(10);
  request->interface = (uint16_t)draw(1010);
  request->listen_port = (uint16_t)draw(2048), request->mtu = (uint16_t)(1270 + draw(240));
  request->private_key[draw(KEY)] = request->public_key[draw(KEY)] = (uint8_t)draw(8);
  request->endpoint.four = (struct sockaddr_in){.sin_family = (sa_family_t[]){0, AF_INET, AF_INET6, 7}[draw(4)],
                                                .sin_port = htons((uint16_t)(1000 + draw(60)))};
  request->count = (uint16_t)(draw(20) == 0 ? draw(65536) : draw(3));
  for (int i = 0; i < MAX_PREFIXES; i++) request->prefixes[i] = random_prefix();
}

int main(int count, char **argv) {
  unsigned long rounds = count > 1 ? strtoul(argv[1], NULL, 10) : 100000, accepted = 0, with_prefixes = 0;
  state = count > 2 ? strtoull(argv[2], NULL, 10) | 1 : 88172645463325252u;
  for (unsigned long round = 0; round < rounds; round++) {
    struct request request;
    fill(&request);
    if (draw(10) == 0) ((char *)&request)[draw(sizeof request)] ^= (char)(1 << draw(8));
    size_t size = draw(50) == 0 ? draw(sizeof request) : sizeof request;
    if (!accept_request(&request, size, oracle_config())) continue;
    oracle_check(&request, size);
    accepted++;
    with_prefixes += request.verb >= ADDRESS && request.verb <= ROUTE && request.count > 0;
  }
  printf("%lu requests, %lu accepted, %lu of them with addresses, none outside the pools\n", rounds, accepted, with_prefixes);
  return accepted == 0 || with_prefixes == 0;
}
