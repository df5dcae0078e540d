/*
 * sha256.h - SHA-256, as FIPS 180-4 has it
 */
#ifndef DS_SHA256_H
#define DS_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { DS_SHA256_SIZE = 32, DS_SHA256_HEX = 65 };

struct ds_sha256 {
	uint32_t state[8];
	uint64_t len;
	unsigned char block[64];
};

void ds_sha256_begin(struct ds_sha256 *hash);
void ds_sha256_add(struct ds_sha256 *hash, const void *bytes, size_t len);
void ds_sha256_end(struct ds_sha256 *hash, unsigned char digest[DS_SHA256_SIZE]);

void ds_sha256_of(const void *bytes, size_t len, unsigned char digest[DS_SHA256_SIZE]);

/* Lower case, with a NUL. */
void ds_sha256_hex(const unsigned char digest[DS_SHA256_SIZE], char hex[DS_SHA256_HEX]);

#endif
