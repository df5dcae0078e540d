/*
 * vocabulary.h - the statuses of a rule
 *
 * A vocabulary is a table: the canonical words in order, each with a rank (equal
 * ranks are neither forwards nor backwards), other spellings, and the steps that
 * are allowed. A status is its index in `statuses`; a set of them is a bit mask,
 * because a copy may have a word that stands for several.
 */
#ifndef DS_VOCABULARY_H
#define DS_VOCABULARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

enum { DS_STATUS_LIMIT = 64, DS_NO_STATUS = -1 };

typedef uint64_t ds_status_set;

struct ds_status_word {
	const char *word; /* NULL ends the table */
	int rank;
	bool terminal;
	bool in_progress; /* somebody is at work on it now */
	const char *next; /* canonical words it may change to, a line each */
	size_t origin;    /* the line of the configuration that says so; 0: none */
};

struct ds_status_alias {
	const char *word; /* NULL ends the table; "Superseded by *" is any text that begins so */
	const char *canonical;
	size_t origin;
};

struct ds_vocabulary {
	const struct ds_status_word *statuses;
	const struct ds_status_alias *aliases; /* or NULL */
	bool any_case;                         /* "Active" is "active" */
	bool any_step;                         /* no steps are given: every one is allowed */
};

/* A word that one copy uses, and no other: "[ ]" may be any of several. */
struct ds_own_word {
	const char *text; /* NULL ends the table */
	ds_status_set set;
	int first; /* of the set, as it was given: what it is taken for where that matters */
	size_t origin;
};

/* The status that a trimmed word stands for, or DS_NO_STATUS. Letter case
 * counts, unless the vocabulary says otherwise. */
int ds_vocabulary_find(const struct ds_vocabulary *vocabulary, struct ds_text word);

/* Whether it is known by its beginning alone: what comes behind ("Superseded by ADR-7") says
 * something that no status does. */
bool ds_vocabulary_goes_on(const struct ds_vocabulary *vocabulary, struct ds_text word);

/* The known spelling that is nearest to a word that is not known, or NULL where
 * none is near enough to be meant. */
const char *ds_vocabulary_nearest(const struct ds_vocabulary *vocabulary, struct ds_text word);

/* Whether this is the index of a status; a number from elsewhere need not be. */
bool ds_vocabulary_has(const struct ds_vocabulary *vocabulary, int status);

/* Whether the rule allows this step; a status may always stay as it is. */
bool ds_vocabulary_allows(const struct ds_vocabulary *vocabulary, int from, int to);

#endif
