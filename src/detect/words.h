/*
 * words.h - findings of one item, while they are put into words
 *
 *	ds_finding finding;
 *
 *	if (!ds_begin_finding(w, &finding, code, which))
 *		return false;
 *	ds_buf_printf(&w->line, ...);
 *	return ds_add_finding(w, &finding, findings);
 *
 * A sentence is made in `line`, where a failure is kept until the sentence is; so everything
 * here returns false, or NULL, for want of memory alone.
 */
#ifndef DS_WORDS_H
#define DS_WORDS_H

#include "collect.h"
#include "finding.h"

enum { DS_SHOWN = 60 }; /* of a status in a sentence */

struct ds_words {
	const struct ds_desk *desk;
	const struct ds_item *item;
	struct ds_arena *strings;
	struct ds_buf line; /* the sentence that is being made */
};

bool ds_has_text(const struct ds_seen_copy *copy);
bool ds_is_from_head(const struct ds_desk *desk, int copy);
const char *ds_word_of(const struct ds_desk *desk, int status);
const char *ds_name_of(const struct ds_desk *desk, int copy);

/* The copies of what is judged that have a text: a bit each. */
unsigned ds_judged_copies(const struct ds_desk *desk);

/* Begins a finding about these copies; or with room for copies that are added then. */
bool ds_begin_finding(struct ds_words *w, ds_finding *finding, ds_code code, unsigned which);
bool ds_begin_empty(struct ds_words *w, ds_finding *finding, ds_code code, size_t room);
bool ds_add_copies(struct ds_words *w, ds_finding *finding, unsigned which);

/* No more of a text than `limit` bytes; what a defect is called, and why there is one. */
void ds_say_text(struct ds_buf *line, struct ds_text text, size_t limit);
void ds_say_defect(struct ds_words *w, const struct ds_reading *reading);

/* The sentence so far, kept, and the next begun. */
const char *ds_words_keep(struct ds_words *w);

/* Ends a finding with the sentence that was made. */
bool ds_add_finding(struct ds_words *w, ds_finding *finding, struct ds_findings *findings);

/* Adds to the sentence why a copy cannot be made to say the target, where something is known
 * to be in the way. */
void ds_say_by_hand(struct ds_words *w);

/* describe_repair.c: the command that mends a mismatch and what it comes to; where nobody is
 * believed, the two that a person may choose from. */
bool ds_describe_repair(struct ds_words *w, ds_finding *finding);

/* describe_demands.c: constraints that are broken and rollups, which a repair of the mismatch
 * may be one of; fields of a copy that cannot be told. */
bool ds_describe_demands(struct ds_words *w, struct ds_findings *findings, bool mismatch);
bool ds_describe_fields(struct ds_words *w, struct ds_findings *findings, int copy);

#endif
