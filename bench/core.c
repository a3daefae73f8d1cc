/*
 * The same walk in C, as a measure for the decode loop: pcap records by read(), Ethernet with tags, IPv4, IPv6, TCP, UDP; a table
 * of 5-tuples with packets, octets, first and last per direction; Modbus by unit and function with exceptions and the
 * least and greatest address; OPC UA chunk headers with what is left over from one segment to the next.
 * It has no reordering, no stream repair, no checkpoints and no bounds on memory: a floor, not a product.
 * Out: packets octets flows operations.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK (512 * 1024)
#define SLOTS (1u << 22)
#define FLOWS (1u << 21)
#define OPERATIONS (1u << 18)

typedef struct {
  uint32_t a, b, ports, proto;
  uint32_t packets[2];
  uint64_t bytes[2];
  uint64_t first, last;
  uint32_t left[2];
  uint32_t flags, messages;
} Flow;

typedef struct {
  uint32_t flow, key;
  uint32_t requests, responses, exceptions;
  uint32_t least, greatest, quantity;
} Operation;

static Flow *flows;
static Operation *operations;
static uint32_t *slots, *operation_slots;
static uint32_t flow_count, operation_count;

static uint32_t be16(const uint8_t *p) { return (uint32_t)p[0] << 8 | p[1]; }
static uint32_t be32(const uint8_t *p) { return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]; }
static uint32_t le32(const uint8_t *p) { uint32_t v; memcpy(&v, p, 4); return v; }

static uint32_t mix(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  uint32_t h = a * 0xcc9e2d51u;
  h = ((h << 13 | h >> 19) * 5) ^ b * 0x1b873593u;
  h = ((h << 13 | h >> 19) * 5) ^ c * 0x85ebca6bu;
  h = ((h << 13 | h >> 19) * 5) ^ d * 0xc2b2ae35u;
  h ^= h >> 16;
  h *= 0x85ebca6bu;
  return h ^ h >> 13;
}

static uint32_t flow_of(uint32_t a, uint32_t b, uint32_t ports, uint32_t proto, uint64_t now) {
  uint32_t slot = mix(a, b, ports, proto) & (SLOTS - 1);
  for (;; slot = (slot + 1) & (SLOTS - 1)) {
    uint32_t index = slots[slot];
    if (index == 0) {
      if (flow_count == FLOWS) exit(3);
      Flow *f = &flows[flow_count];
      f->a = a; f->b = b; f->ports = ports; f->proto = proto; f->first = now;
      slots[slot] = ++flow_count;
      return flow_count - 1;
    }
    Flow *f = &flows[index - 1];
    if (f->a == a && f->b == b && f->ports == ports && f->proto == proto) return index - 1;
  }
}

static Operation *operation_of(uint32_t flow, uint32_t key) {
  uint32_t slot = mix(flow, key, 0, 0) & (OPERATIONS * 2 - 1);
  for (;; slot = (slot + 1) & (OPERATIONS * 2 - 1)) {
    uint32_t index = operation_slots[slot];
    if (index == 0) {
      if (operation_count == OPERATIONS) exit(3);
      Operation *o = &operations[operation_count];
      o->flow = flow; o->key = key; o->least = 0xffff;
      operation_slots[slot] = ++operation_count;
      return o;
    }
    Operation *o = &operations[index - 1];
    if (o->flow == flow && o->key == key) return o;
  }
}

static void modbus(uint32_t flow, int to_server, const uint8_t *p, const uint8_t *end) {
  while (end - p >= 8 && be16(p + 2) == 0) {
    uint32_t length = be16(p + 4);
    if (length < 2 || length > 254 || p + 6 + length > end) return;
    Operation *o = operation_of(flow, (uint32_t)p[6] << 8 | (p[7] & 0x7f));
    if (!to_server) {
      if (p[7] & 0x80) o->exceptions++;
      else o->responses++;
    } else {
      o->requests++;
      if (length >= 6) {
        uint32_t address = be16(p + 8);
        if (address < o->least) o->least = address;
        if (address > o->greatest) o->greatest = address;
        o->quantity = be16(p + 10);
      }
    }
    p += 6 + length;
  }
}

static void opcua(Flow *f, int side, const uint8_t *p, const uint8_t *end) {
  if (f->left[side] > 0) {
    uint32_t skip = f->left[side] < (uint32_t)(end - p) ? f->left[side] : (uint32_t)(end - p);
    f->left[side] -= skip;
    p += skip;
  }
  while (end - p >= 8) {
    uint32_t size = le32(p + 4);
    if (size < 8 || size > 1u << 24) return;
    f->messages++;
    if (size > (uint32_t)(end - p)) {
      f->left[side] = size - (uint32_t)(end - p);
      return;
    }
    p += size;
  }
}

static void packet(const uint8_t *p, uint32_t captured, uint32_t wire, uint64_t now) {
  const uint8_t *end = p + captured;
  if (captured < 14) return;
  uint32_t type = be16(p + 12);
  const uint8_t *q = p + 14;
  for (int tags = 0; (type == 0x8100 || type == 0x88a8) && tags < 2 && end - q >= 4; tags++) {
    type = be16(q + 2);
    q += 4;
  }
  uint32_t a, b, proto;
  if (type == 0x0800 && end - q >= 20 && q[0] >> 4 == 4) {
    const uint8_t *ip_end = q + be16(q + 2);
    if (ip_end < end) end = ip_end;
    a = be32(q + 12);
    b = be32(q + 16);
    proto = q[9];
    q += (q[0] & 15) << 2;
  } else if (type == 0x86dd && end - q >= 40) {
    a = be32(q + 8) ^ be32(q + 12) ^ be32(q + 16) ^ be32(q + 20);
    b = be32(q + 24) ^ be32(q + 28) ^ be32(q + 32) ^ be32(q + 36);
    proto = q[6];
    q += 40;
  } else {
    a = be32(p);
    b = be32(p + 6);
    proto = 0x10000 | type;
    q = end;
  }
  uint32_t source = 0, destination = 0;
  if ((proto == 6 || proto == 17) && end - q >= 8) {
    source = be16(q);
    destination = be16(q + 2);
  }
  int low = a == b ? source <= destination : a < b;
  uint32_t ports = low ? source << 16 | destination : destination << 16 | source;
  uint32_t index = flow_of(low ? a : b, low ? b : a, ports, proto, now);
  Flow *f = &flows[index];
  int side = !low;
  f->packets[side]++;
  f->bytes[side] += wire;
  f->last = now;
  if (proto != 6 || end - q < 20) return;
  f->flags |= q[13];
  q += (q[12] >> 4) << 2;
  if (q >= end) return;
  if (source == 502 || destination == 502) modbus(index, destination == 502, q, end);
  else if (source == 4840 || destination == 4840) opcua(f, side, q, end);
}

int main(int argc, char **argv) {
  int descriptor = argc > 1 ? open(argv[1], O_RDONLY) : -1;
  if (descriptor < 0) return 2;
  static uint8_t block[BLOCK];
  flows = calloc(FLOWS, sizeof(Flow));
  operations = calloc(OPERATIONS, sizeof(Operation));
  slots = calloc(SLOTS, sizeof(uint32_t));
  operation_slots = calloc(OPERATIONS * 2, sizeof(uint32_t));
  uint64_t packets = 0, octets = 0;
  size_t have = 0;
  int begun = 0;
  for (;;) {
    ssize_t got = read(descriptor, block + have, BLOCK - have);
    if (got <= 0) break;
    have += (size_t)got;
    size_t at = begun ? 0 : 24;
    begun = 1;
    while (have - at >= 16) {
      uint32_t captured = le32(block + at + 8);
      if (captured > 262144) return 4;
      if (have - at < 16 + captured) break;
      uint32_t wire = le32(block + at + 12);
      packet(block + at + 16, captured, wire, (uint64_t)le32(block + at) * 1000000u + le32(block + at + 4));
      packets++;
      octets += wire;
      at += 16 + captured;
    }
    have -= at;
    memmove(block, block + at, have);
  }
  printf("%lu %lu %u %u\n", packets, octets, flow_count, operation_count);
  return 0;
}
