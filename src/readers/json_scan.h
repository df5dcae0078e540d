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

#include "keypath.h"
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

	bool held; /* the object that would hold the value is there */
};

struct ds_json_error {
	size_t at;
	const char *why;
};

/* false: not JSON, and *error says where and why. */
bool ds_json_scan(struct ds_json_found *found, struct ds_text bytes, const char *path,
		  struct ds_json_error *error);

/*
 * The same, a value at a time, for whoever looks for more than one:
 *
 *	ds_json_open(&at, bytes, &error) && (any value) && ds_json_close(&at)
 *
 * A value is taken whole by ds_json_value; or, if ds_json_peek says that it is an array or
 * an object, in steps, until ds_json_step says 0. What is passed over is checked as
 * strictly. All of them say false (a step: -1) where the document is no JSON.
 */
struct ds_json_cursor {
	const char *begin;
	const char *at;
	const char *end;
	struct ds_json_error *error;
};

bool ds_json_open(struct ds_json_cursor *at, struct ds_text bytes, struct ds_json_error *error);
bool ds_json_close(struct ds_json_cursor *at);

/* Goes to the value that follows. */
bool ds_json_peek(struct ds_json_cursor *at, enum ds_json_type *type);

/* Steps to the next element, or to the next key; *close is 0 before the first. 0: there is
 * no other, and the array or object is passed. */
int ds_json_step(struct ds_json_cursor *at, char *close);

/* The key, as it stands between its quotes, and the colon. */
bool ds_json_key(struct ds_json_cursor *at, struct ds_text *raw, bool *escapes);

/* Passes one value that `depth` others are around, and says what and where it is, unless
 * `found` is NULL. */
bool ds_json_value(struct ds_json_cursor *at, int depth, struct ds_json_found *found);

/* ds_key_match for a key with escapes. */
enum ds_key_match ds_json_key_match(struct ds_text raw, struct ds_text wanted);

/* Decodes the inside of a string that scanned well into `out`, which has room for
 * raw.len bytes, and returns the length. A NUL or half a surrogate pair cannot be
 * told apart from other texts once it is decoded: returns SIZE_MAX. */
size_t ds_json_decode(char *out, struct ds_text raw);

#endif
