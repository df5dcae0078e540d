/*
 * fix.h - planning, item by item, while a scan looks at them
 */
#ifndef DS_FIX_H
#define DS_FIX_H

#include <pthread.h>

#include "plan.h"
#include "scan.h"
#include "settle.h"

struct ds_fixing {
	struct ds_plan *plan;
	pthread_mutex_t lock; /* of the plan: several threads look at items */
	bool failed;          /* memory ran out */
};

/* For struct ds_scan: plans what settles this item. The context is a ds_fixing. */
unsigned ds_fix_item(void *fixing, struct ds_desk *desk, const struct ds_item *item);

/* Adds one step for every copy of the repair. False: out of memory. */
bool ds_fix_add(struct ds_plan *plan, const struct ds_desk *desk, const struct ds_item *item,
		const struct ds_repair *repair);

/* For struct ds_scan: plans the one step that sets an item's status. */
struct ds_setting {
	struct ds_plan *plan;
	const char *word; /* as it was asked for */
	const ds_set_options *options;
	size_t items; /* that were met */
	int status;   /* how it went, and why */
	ds_error err;
};

unsigned ds_set_item(void *setting, struct ds_desk *desk, const struct ds_item *item);

/* "active -> ready_for_review -> completed": the shortest way that the vocabulary
 * allows. False, and nothing appended, where there is none. */
bool ds_legal_way(struct ds_buf *out, const struct ds_vocabulary *vocabulary, int from, int to);

#endif
