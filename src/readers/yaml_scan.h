/*
 * yaml_scan.h - YAML, with the place of one scalar
 *
 * Runs libyaml's events over a slice and finds the scalar that a key path leads
 * to. Marks come back as byte offsets (libyaml counts characters). Nothing is
 * expanded: an alias on the way is reported, not followed.
 */
#ifndef DS_YAML_SCAN_H
#define DS_YAML_SCAN_H

#include <stdbool.h>

#include "arena.h"
#include "text.h"

enum { DS_YAML_DEPTH = 64 };

enum ds_yaml_type {
	DS_YAML_ABSENT,
	DS_YAML_NULL,
	DS_YAML_SCALAR,
	DS_YAML_COLLECTION,
};

struct ds_yaml_found {
	enum ds_yaml_type type; /* of the node that the path leads to */
	struct ds_text text;    /* of a scalar, decoded, in scratch */
	bool block;             /* a scalar of the styles | and > */
	size_t start;           /* as it stands, without quotes, tag and anchor */
	size_t end;

	/* Offsets of what stands in the way, or SIZE_MAX. */
	size_t twice;    /* a key that is there a second time */
	size_t variant;  /* one that differs only in letter case */
	size_t indirect; /* an alias, an anchor or a tag on a key or a value */
	size_t merge;    /* a merge key: it decides where the key itself is absent */
	size_t blocked;  /* a node that can hold no keys */

	size_t holder; /* the mapping that would hold the value, or SIZE_MAX */
	size_t holder_end;
};

struct ds_yaml_error {
	size_t at;
	char why[100];
};

/* Of a byte order mark. */
size_t ds_yaml_mark_length(struct ds_text slice);

/* false: not YAML, or memory ran out (`at` is SIZE_MAX). */
bool ds_yaml_scan(struct ds_yaml_found *found, struct ds_text slice, const char *path,
		  struct ds_arena *scratch, struct ds_yaml_error *error);

#endif
