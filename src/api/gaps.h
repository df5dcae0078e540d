/*
 * gaps.h - the page that desync-init --check prints
 */
#ifndef DS_GAPS_H
#define DS_GAPS_H

#include "seen.h"

struct ds_page {
	struct ds_buf text;
	struct ds_seen seen;
	size_t limit; /* of a file */
	bool found;
	bool partial; /* not everything could be looked at */
};

/* A line's beginning, or some of it: escaped. */
void ds_page_put(struct ds_page *page, const char *string);

/* unread.c: files with what looks like a status, that are not among those seen. */
int ds_find_unread(struct ds_page *page, struct ds_source *source, ds_error *err);

#endif
