/*
 * settle.h - what would settle one item, worked out from what its copies say
 *
 * Pure: no file is touched. The same function plans, and later says whether what was
 * planned still holds.
 */
#ifndef DS_SETTLE_H
#define DS_SETTLE_H

#include "arena.h"
#include "collect.h"
#include "desync/change.h"

/* Which copies are to say which status: a bit each. */
struct ds_repair {
	int to;          /* DS_NO_STATUS: nothing can be done, or nothing needs to be */
	unsigned change; /* these say something else now */
	unsigned add;    /* these have no status yet */
};

/* Whether this may be what the copy's word stands for. */
bool ds_copy_says(const struct ds_seen_copy *copy, int status);

/* What the believed copy says goes into every copy that disagrees with it; the copy named
 * `prefer` is believed, or else (NULL) whom the rule believes. A word that is not in the
 * vocabulary, a copy that cannot be edited, an item that has a twin, and where the rule
 * does not go back (but for what is preferred) a step backwards are left for a person.
 * With add_missing a copy without a status gets the one that is known. False: out of
 * memory. */
bool ds_repair_for(struct ds_repair *out, struct ds_desk *desk, const struct ds_item *item,
		   const char *prefer, bool add_missing);

/* Every copy is to say `to`; nothing is asked about the step or the item. False: out of
 * memory. */
bool ds_repair_to(struct ds_repair *out, struct ds_desk *desk, int to, bool add_missing);

/* What these copies say, "active" or "active and planning"; NULL where they say
 * nothing, or memory ran out (*failed). */
const char *ds_said(const struct ds_desk *desk, unsigned which, struct ds_arena *strings,
		    bool *failed);

/* Their names, joined in the same way. */
const char *ds_copy_names(const struct ds_rule *rule, unsigned which, struct ds_arena *strings);

ds_step_kind ds_kind_of(const struct ds_desk *desk, const struct ds_repair *repair);

/* The same for a single step. */
ds_step_kind ds_kind_between(const struct ds_vocabulary *vocabulary, int from, int to);

#endif
