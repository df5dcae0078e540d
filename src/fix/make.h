/*
 * make.h - a file's new content, from what is asked of it
 *
 * The status of each step goes in first, then, where a status is set, the fields that follow
 * it. Values of a file that holds many are made all together, each kind at once. What a reader
 * refuses is said of the step, which then has no part in the rest; a field that cannot follow
 * is only a note.
 */
#ifndef DS_MAKE_H
#define DS_MAKE_H

#include "work.h"

/* Makes the edits that are asked of the file. Fails for want of memory. */
int ds_make_file(struct ds_bench *bench, struct ds_work_file *file, ds_error *err);

/* How a reader names a field in `records`: a location's last part. NULL: out of memory. */
const char *ds_field_name(const struct ds_reader *reader, const char *at, struct ds_arena *strings);

/* What a person reads of a location in a record: with the record's id in it, and of alternatives
 * the end alone, which they have in common. NULL: out of memory. */
const char *ds_place_name(const struct ds_reader *reader, const char *at, const char *id,
			  struct ds_arena *strings);

#endif
