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

/* Whether no copy of the item exists. */
bool ds_is_absent(const struct ds_desk *desk);

/* Adds what there is to say about the item; strings go to the arena. False when
 * memory ran out. */
bool ds_describe(const struct ds_desk *desk, const struct ds_item *item,
		 struct ds_findings *findings, struct ds_arena *strings);

#endif
