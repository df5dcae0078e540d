/*
 * collect.h - the copies of one item
 *
 * A desk is what one thread needs to look at one item after another: a blob and
 * a reading for each copy, used again and again.
 */
#ifndef DS_COLLECT_H
#define DS_COLLECT_H

#include "item.h"
#include "reader.h"
#include "rule.h"
#include "source.h"

struct ds_seen_copy {
	struct ds_blob blob;
	struct ds_reading reading; /* code also says what kept the bytes from being read */
	int status;                /* or DS_NO_STATUS */
	ds_status_set set;         /* every status that the word stands for */
};

struct ds_desk {
	const struct ds_rule *rule;
	const struct ds_reader *readers[DS_COPY_LIMIT];
	struct ds_source *source;
	const char *where; /* as in struct ds_scan */
	bool whole;        /* read to the end, as whoever changes a file must */
	int copy_count;
	struct ds_seen_copy copies[DS_COPY_LIMIT];
	struct ds_arena scratch; /* emptied for each item */
	struct ds_buf path;
};

/* False where the rule names a reader that there is none of. */
bool ds_desk_prepare(struct ds_desk *desk, const struct ds_rule *rule, struct ds_source *source);
void ds_desk_clear(struct ds_desk *desk);

/* Reads every copy of the item. */
void ds_collect(struct ds_desk *desk, const struct ds_item *item);

#endif
