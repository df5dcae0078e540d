/*
 * json_scan.h - strict JSON, with the place of one value
 *
 * Checks a whole document against RFC 8259 (one byte order mark may go before
 * it, 512 levels may be nested) and finds the value that a key path leads to.
 * It copies nothing, allocates nothing and changes nothing. cJSON, which the
 * tests hold it against, has no positions and lets through what no other parser
 * reads the same way.
 */
#ifndef DS_JSON_SCAN_H
#define DS_JSON_SCAN_H

#include <stdbool.h>

#include "text.h"

enum { DS_JSON_DEPTH = 512 };

enum ds_json_type {
	DS_JSON_ABSENT,
	DS_JSON_STRING,
	DS_JSON_NUMBER,
	DS_JSON_TRUE,
	DS_JSON_FALSE,
	DS_JSON_NULL,
	DS_JSON_ARRAY,
	DS_JSON_OBJECT,
};

struct ds_json_found {
	enum ds_json_type type; /* of the value that the path leads to */
	size_t start;           /* the value as it stands; a string without its quotes */
	size_t end;
	bool escapes; /* the string holds a backslash */

	/* A key on the way that is there twice, or beside one that differs only in
	 * letter case: where, or SIZE_MAX. */
	size_t twice;
	size_t variant;

	/* A value on the way that can hold no keys: where, or SIZE_MAX. */
	size_t blocked;
};

struct ds_json_error {
	size_t at;
	const char *why;
};

/* false: not JSON, and *error says where and why. */
bool ds_json_scan(struct ds_json_found *found, struct ds_text bytes, const char *path,
		  struct ds_json_error *error);

/* Decodes the inside of a string that scanned well into `out`, which has room for
 * raw.len bytes, and returns the length. A NUL or half a surrogate pair cannot be
 * told apart from other texts once it is decoded: returns SIZE_MAX. */
size_t ds_json_decode(char *out, struct ds_text raw);

#endif
