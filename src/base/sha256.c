#include "sha256.h"

#include <string.h>

enum { BLOCK = 64, LENGTH_AT = BLOCK - 8 };

/* FIPS 180-4, 4.2.2: of the cube roots of the first 64 primes, the 32 bits behind
 * the point. */
static const uint32_t round_constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

/* 5.3.3: the same of the square roots of the first 8. */
static const uint32_t initial[8] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static uint32_t rotate(uint32_t x, int by)
{
	return x >> by | x << (32 - by);
}

static uint32_t load(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void store(unsigned char *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (unsigned char)(value >> (24 - 8 * i));
}

static void expand(uint32_t w[64], const unsigned char block[BLOCK])
{
	for (int i = 0; i < 16; i++)
		w[i] = load(block + 4 * i);
	for (int i = 16; i < 64; i++) {
		uint32_t a = w[i - 15];
		uint32_t b = w[i - 2];
		w[i] = w[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + w[i - 7] +
		       (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
	}
}

/* One round. Instead of moving a to h of the standard one place on each time, what they
 * stand for moves: in turn 0 v[0] is a, in turn 1 v[7] is. */
static inline void mix(uint32_t v[8], int turn, uint32_t input)
{
	uint32_t a = v[(0 - turn) & 7];
	uint32_t b = v[(1 - turn) & 7];
	uint32_t c = v[(2 - turn) & 7];
	uint32_t e = v[(4 - turn) & 7];
	uint32_t f = v[(5 - turn) & 7];
	uint32_t g = v[(6 - turn) & 7];
	uint32_t *h = &v[(7 - turn) & 7];
	uint32_t t1 =
		*h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + input;

	v[(3 - turn) & 7] += t1;
	*h = t1 + (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
}

static void compress(uint32_t state[8], const unsigned char block[BLOCK])
{
	uint32_t w[64];
	uint32_t v[8];

	expand(w, block);
	memcpy(v, state, sizeof v);
	for (int i = 0; i < 64; i += 8) {
		const uint32_t *k = round_constants + i;
		mix(v, 0, k[0] + w[i]);
		mix(v, 1, k[1] + w[i + 1]);
		mix(v, 2, k[2] + w[i + 2]);
		mix(v, 3, k[3] + w[i + 3]);
		mix(v, 4, k[4] + w[i + 4]);
		mix(v, 5, k[5] + w[i + 5]);
		mix(v, 6, k[6] + w[i + 6]);
		mix(v, 7, k[7] + w[i + 7]);
	}
	for (int i = 0; i < 8; i++)
		state[i] += v[i];
}

void ds_sha256_begin(struct ds_sha256 *hash)
{
	*hash = (struct ds_sha256){0};
	memcpy(hash->state, initial, sizeof initial);
}

void ds_sha256_add(struct ds_sha256 *hash, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;
	size_t used = hash->len % BLOCK;

	hash->len += len;
	if (used && len >= BLOCK - used) {
		memcpy(hash->block + used, at, BLOCK - used);
		compress(hash->state, hash->block);
		at += BLOCK - used;
		len -= BLOCK - used;
		used = 0;
	}
	for (; len >= BLOCK; at += BLOCK, len -= BLOCK)
		compress(hash->state, at);
	if (len)
		memcpy(hash->block + used, at, len);
}

void ds_sha256_end(struct ds_sha256 *hash, unsigned char digest[DS_SHA256_SIZE])
{
	size_t used = hash->len % BLOCK;

	hash->block[used++] = 0x80;
	memset(hash->block + used, 0, BLOCK - used);
	if (used > LENGTH_AT) {
		compress(hash->state, hash->block);
		memset(hash->block, 0, BLOCK);
	}
	store(hash->block + LENGTH_AT, (uint32_t)(hash->len >> 29));
	store(hash->block + LENGTH_AT + 4, (uint32_t)(hash->len << 3));
	compress(hash->state, hash->block);
	for (int i = 0; i < 8; i++)
		store(digest + 4 * i, hash->state[i]);
}

void ds_sha256_of(const void *bytes, size_t len, unsigned char digest[DS_SHA256_SIZE])
{
	struct ds_sha256 hash;

	ds_sha256_begin(&hash);
	ds_sha256_add(&hash, bytes, len);
	ds_sha256_end(&hash, digest);
}

void ds_sha256_hex(const unsigned char digest[DS_SHA256_SIZE], char hex[DS_SHA256_HEX])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < DS_SHA256_SIZE; i++) {
		hex[2 * i] = digits[digest[i] >> 4];
		hex[2 * i + 1] = digits[digest[i] & 15];
	}
	hex[DS_SHA256_HEX - 1] = '\0';
}
