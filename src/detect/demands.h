/*
 * demands.h - what a rule asks of a status beside that its copies agree
 *
 * Constraints are about a field beside it, rollups about the parts that it follows from.
 */
#ifndef DS_DEMANDS_H
#define DS_DEMANDS_H

#include "collect.h"

struct ds_scan;

/* Whether what the rule's rollups need is there to count boxes with. */
bool ds_can_count_parts(const struct ds_rule *rule);

/* Counts the parts of the item whose copies are on the desk, wherever a rollup may ask for
 * another status than they say. */
void ds_collect_parts(struct ds_desk *desk, const struct ds_item *item);

/* Puts together what other rules found, for the rollup with that number. False: memory ran
 * out. Free `at` in any case. */
bool ds_find_kin(struct ds_kinship *out, const struct ds_scan *scan,
		 const struct ds_rollup *rollup);

size_t ds_rollup_count(const struct ds_rule *rule);

/* Whether one of the items at least has the file whose boxes the rollup counts. False: memory
 * ran out. */
bool ds_find_boxes(bool *found, const struct ds_rule *rule, const struct ds_rollup *rollup,
		   struct ds_source *source, const struct ds_items *items);

/* The statuses that fit the item's parts; 0 where any fits, or nobody knows. */
ds_status_set ds_fitting(const struct ds_desk *desk, size_t rollup);

/* The statuses that fit the parts of every rollup, whatever those may be of which nobody knows,
 * and the one that is written; 0 where there is none that one of them asks for. */
ds_status_set ds_fitting_all(const struct ds_desk *desk, int *first);

/* Whether the status of the item is none of them. */
bool ds_is_rollup_broken(const struct ds_desk *desk, size_t rollup);

/* Whether it fits or not depends on parts of which nobody knows what they are. */
bool ds_is_rollup_open(const struct ds_desk *desk, size_t rollup);

bool ds_is_constraint_broken(const struct ds_desk *desk, const struct ds_constraint *constraint);

/* The first constraint that would be broken if the item were of that status, or NULL. */
const struct ds_constraint *ds_constraint_against(const struct ds_desk *desk, int status);

/* Whether the rule asks, as an error, for something that is not so. */
bool ds_is_demand_broken(const struct ds_desk *desk);

#endif
