/*
 * compare.h - whether the copies on a desk agree, and what to say if not
 */
#ifndef DS_COMPARE_H
#define DS_COMPARE_H

#include "collect.h"
#include "finding.h"

/* How the item fares. */
ds_item_state ds_judge(const struct ds_desk *desk);

/* The status of the item as far as it is known: the authority's, else the first
 * that is known. */
int ds_judged_status(const struct ds_desk *desk);

/* The copy that is believed for this item: the rule's authority, or whichever is furthest;
 * DS_NO_COPY where nobody is. Its status is known. */
int ds_believed(const struct ds_desk *desk);

/* Whether both have a text, and not the same status. */
bool ds_disagree(const struct ds_seen_copy *a, const struct ds_seen_copy *b);

/* Whether desync-fix can do something about a mismatch: a command is printed only where it
 * does what it says. And whether it would change this copy; the rule has an authority. */
bool ds_is_repairable(const struct ds_desk *desk, const struct ds_item *item);
bool ds_is_to_change(const struct ds_desk *desk, int copy);

/* Whether no copy of the item exists. */
bool ds_is_absent(const struct ds_desk *desk);

/* Adds what there is to say about the item; strings go to the arena. Copies whose bit
 * is in `settled` are taken care of, and so is a mismatch that they are part of. False
 * when memory ran out. */
bool ds_describe(const struct ds_desk *desk, const struct ds_item *item, unsigned settled,
		 struct ds_findings *findings, struct ds_arena *strings);

#endif
