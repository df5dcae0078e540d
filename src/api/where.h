/*
 * where.h - from the path of one file to the place that its changes belong to
 */
#ifndef DS_WHERE_H
#define DS_WHERE_H

#include "buf.h"
#include "txn.h"

struct ds_where {
	struct ds_place place;
	char *file; /* absolute; links in its directory part are resolved */
	char *path; /* the same, relative to place.top */
};

/* Looks only at the directory: that the file is one that may be read or changed is for
 * others to find out. Zero-initialise *out; free it in any case. */
int ds_where_find(struct ds_where *out, const char *path, ds_error *err);
void ds_where_free(struct ds_where *where);

/* The nearest directory from `dir` up that looks like the root of something; false: none, or
 * memory ran out (out->failed). */
bool ds_where_root(struct ds_buf *out, const char *dir);

#endif
