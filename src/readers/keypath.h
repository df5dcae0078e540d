/*
 * keypath.h - where a value is: keys joined by dots, "a.b.status"
 */
#ifndef DS_KEYPATH_H
#define DS_KEYPATH_H

#include "text.h"

/* The key at `level`, from 0; its `at` is NULL past the last. */
struct ds_text ds_keypath_key(const char *path, int level);

/* How many keys there are. */
int ds_keypath_len(const char *path);

/* The last key, and the length of the path that leads to the object it is in: 0
 * for the document itself. */
struct ds_text ds_keypath_last(const char *path);
size_t ds_keypath_parent(const char *path);

/* Whether two paths lead into the same object. */
bool ds_keypath_beside(const char *a, const char *b);

/* How a key of a document relates to the one that is wanted. */
enum ds_key_match {
	DS_KEY_OTHER,
	DS_KEY_EXACT,
	DS_KEY_VARIANT, /* some parsers take it for the same: other letter case, or a
			 * NUL after it */
};

enum ds_key_match ds_key_match(struct ds_text key, struct ds_text wanted);

#endif
