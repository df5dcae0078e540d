/*
 * diff.h - a unified diff of one file whose edits are known
 */
#ifndef DS_DIFF_H
#define DS_DIFF_H

#include "text.h"

/* One edit: old_len bytes at `at` gave way to new_len others. Offsets are those of
 * the content as the edits before it left it. */
struct ds_diff_edit {
	size_t at;
	size_t old_len;
	size_t new_len;
};

/* Appends what `git apply` makes `after` of `before` with, or nothing where they are
 * the same; the path is that of both. Cheapest where the edits come in the order of
 * their places. False when memory ran out. */
bool ds_diff(struct ds_buf *out, const char *path, struct ds_text before, struct ds_text after,
	     const struct ds_diff_edit *edits, size_t count);

#endif
