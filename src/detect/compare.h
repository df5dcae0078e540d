/*
 * compare.h - whether the copies on a desk agree, and what to say if not
 */
#ifndef DS_COMPARE_H
#define DS_COMPARE_H

#include "collect.h"
#include "finding.h"

/* How the item fares. */
ds_item_state ds_judge(const struct ds_desk *desk);

/* Whether there are two texts at least to compare. */
bool ds_is_compared(const struct ds_desk *desk);

/* Whether copies of what is judged disagree: the state may be the same for another reason. */
bool ds_has_mismatch(const struct ds_desk *desk);

/* The status of the item as far as it is known: that in which all copies agree, else the
 * believed copy's, else the first that is known. And every one that it may be, as a word may
 * stand for several; empty: none is known. */
int ds_judged_status(const struct ds_desk *desk);
ds_status_set ds_judged_set(const struct ds_desk *desk);

/* The copy that is believed for this item: the rule's authority, or whichever is furthest;
 * DS_NO_COPY where nobody is. Its status is known. */
int ds_believed(const struct ds_desk *desk);

/* The status that its copies should say: the believed one's, or what its parts ask for;
 * DS_NO_STATUS where nobody knows. */
int ds_target(const struct ds_desk *desk);

/* The same where this copy is believed, whose status is known. */
int ds_target_of(const struct ds_desk *desk, int copy);

/* Whether to write the target would move a copy backwards, and the rule does not have that. */
bool ds_would_regress(const struct ds_desk *desk);

/* Whether what this copy lacks is nothing to the rule; it never is where no copy has a status. */
bool ds_is_forgiven(const struct ds_desk *desk, int copy);

/* Whether both have a text, and not the same status. */
bool ds_disagree(const struct ds_seen_copy *a, const struct ds_seen_copy *b);

/* Whether desync-fix can do something about a mismatch: a command is printed only where it
 * does what it says. Whether a command can be printed at all, as far as names go. And whether it
 * would change this copy; there is a target. */
bool ds_is_repairable(const struct ds_desk *desk, const struct ds_item *item);
bool ds_can_be_named(const struct ds_desk *desk, const struct ds_item *item);
bool ds_is_to_change(const struct ds_desk *desk, int copy);

/* Whether all copies could be made to say it, where they do not. */
bool ds_can_all_say(const struct ds_desk *desk, int status);

/* Why no program can change what this copy says, or NULL. */
const char *ds_why_fixed(const struct ds_desk *desk, int copy);

/* The first copy that its place, its file or the word itself keeps from saying the target, and
 * `why`; DS_NO_COPY where there is none, or nothing is to be written. */
int ds_left_by_hand(const struct ds_desk *desk, char why[DS_WHY_ROOM]);

/* What a finding of this code counts for in the rule. */
ds_severity ds_severity_in(const struct ds_rule *rule, ds_code code);

/* Whether no copy of the item exists. */
bool ds_is_absent(const struct ds_desk *desk);

/* Adds what there is to say about the item; strings go to the arena. Copies whose bit
 * is in `settled` are taken care of, and so is a mismatch that they are part of. False
 * when memory ran out. */
bool ds_describe(const struct ds_desk *desk, const struct ds_item *item, unsigned settled,
		 struct ds_findings *findings, struct ds_arena *strings);

#endif
