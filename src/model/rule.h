/*
 * rule.h - which copies belong to one item
 *
 * A rule is data, loaded from a configuration (src/rules/config.h); nothing else knows
 * what it is about. All of its strings, tables and sets live as long as the rules they
 * came with. Paths and patterns are relative to the root of the source.
 */
#ifndef DS_RULE_H
#define DS_RULE_H

#include "reader.h"
#include "vocabulary.h"

enum {
	DS_COPY_LIMIT = 8,
	DS_FIELD_LIMIT = 8, /* fields of one copy that constraints look at */
	DS_ROLLUP_LIMIT = 4,
	DS_CODES = 32, /* more than there are */

	/* In place of the number of a copy. */
	DS_NO_COPY = -1,
	DS_AHEAD = -2, /* whoever is furthest in the vocabulary's order */
	DS_PARTS = -3, /* what the rule's rollups ask for */
};

/* A field that says something about the status beside it, and is written when somebody
 * sets the status (never when a difference is repaired). */
enum ds_follow_what { DS_FOLLOW_NOW, DS_FOLLOW_REASON };

struct ds_follow {
	const char *field;        /* its location; NULL ends the table */
	const char *when;         /* only where this is the new status; NULL: any */
	enum ds_follow_what what; /* the time in UTC, or the reason that was given */
	bool with_reason;         /* only where one was given */
};

/* Whose bytes a copy is in. */
enum ds_copy_from {
	DS_FROM_SOURCE, /* those that are judged */
	DS_FROM_HEAD,   /* git's HEAD, beside the worktree; never written, elsewhere left out */
};

/* What a copy that is not there, or has no status, is to its item. */
enum ds_gap {
	DS_GAP_REPORTED, /* a finding, and the item is incomplete */
	DS_GAP_IGNORED,  /* nothing: the rest is compared */
};

/* Where one copy is found. */
struct ds_copy_rule {
	const char *name; /* for people; NULL ends the table */
	/* {item} stands for what the item's pattern matched, {id} for the id, other names
	 * for that pattern's captures. One that holds many records may have wildcards. */
	const char *path;
	const char *read;               /* the name of a reader */
	const char *at;                 /* where in the file, as that reader understands it */
	const struct ds_follow *follow; /* or NULL */
	const char *id;                 /* as in ds_spec, or NULL */
	bool many;                      /* its files hold records of many items */
	bool lists;                     /* and each of those is an item */
	enum ds_copy_from from;
	enum ds_gap gap;
	const struct ds_own_word *words; /* or NULL */
	const char *const *write;  /* for each status what is written, or NULL: its word; or NULL */
	const char *const *fields; /* names of what constraints look at beside it, or NULL */
	size_t origin;             /* a line of the rule's file; 0: none */
};

/* Two fields that must not contradict each other: where the one is so, the status has to be
 * one of a set. */
struct ds_constraint {
	int copy;                  /* whose field it is; DS_NO_COPY ends the table */
	int field;                 /* its number in that copy's `fields` */
	bool absent;               /* it holds where the field is not there (or is null or empty) */
	const char *const *values; /* it holds where the field says one of these; NULL: anything */
	ds_status_set allowed;
	const char *say; /* a sentence for a person, or NULL */
	size_t origin;
};

/* A status that follows from parts: the boxes of task lists in a file, or other items. */
struct ds_rollup {
	const char *path;     /* as a copy's: of a file whose boxes are the parts */
	const char *children; /* or a rule: its items that have a file in common with this item */
	/* Which statuses fit, where there are parts at all: all are done; some are done or under
	 * way; none is. The first is what a repair writes. An empty set: any fits. */
	ds_status_set all, some, none;
	int all_first, some_first, none_first;
	size_t origin; /* 0 and no path and no children ends the table */
	size_t line;   /* of the children */
	size_t column;
};

struct ds_rule {
	const char *name;
	const char *file; /* that it was loaded from, for people; NULL: built in */
	size_t origin;    /* the line there */
	const char *used; /* of a built-in one the place that names it, for people; or NULL */
	const char *root; /* "" or "sub/": what its paths begin with; ids are its own */

	const char *marker; /* a directory that holds this is a root of the rule */
	const char *items;  /* the path pattern whose matches are the items; {id} is the id; or
			     * NULL */
	bool by_number;     /* ids are the same where the first number in them is: 7, or 2.1 */
	const char *const *exclude;  /* patterns taken away from items; NULL-ended, or NULL */
	const char *const *archived; /* patterns whose items are seen only when asked for */
	const char *const *ignore;   /* ids (with "*") that are no items; NULL-ended, or NULL */

	struct ds_copy_rule copies[DS_COPY_LIMIT + 1];
	int authority; /* the copy that is believed, or one of the words above */
	size_t authority_origin;
	bool no_regress; /* nothing is repaired backwards */
	const struct ds_vocabulary *vocabulary;
	const struct ds_constraint *constraints; /* or NULL */
	const struct ds_rollup *rollups;         /* or NULL */

	/* The severity of a code, plus one; 0: as it is. */
	unsigned char severity[DS_CODES];

	/* A word of advice where there are more items, or larger files, than this; 0: never. */
	size_t advise_items;
	size_t advise_bytes;
	const char *advice;

	/* A file that is made from the statuses by somebody else, and what makes it anew. */
	const char *stale; /* a path, or NULL */
	const char *stale_advice;

	/* SHA-256 over all that a verdict of it depends on. */
	unsigned char digest[32];
};

/* The copy of that name, or DS_NO_COPY. */
int ds_copy_named(const struct ds_rule *rule, const char *name);

/* Whether a copy's files hold records of many items. */
bool ds_rule_has_many(const struct ds_rule *rule);

/* What this copy says for a status: what a fix writes into it. */
const char *ds_copy_word(const struct ds_rule *rule, int copy, int status);

/* The statuses that a word of this copy stands for, and the one it is taken for where that
 * matters (or DS_NO_STATUS, and an empty set). */
ds_status_set ds_copy_statuses(const struct ds_rule *rule, int copy, struct ds_text word,
			       int *first);

/* Whether that word says more than a status, which another one in its place would not: it is
 * known by its beginning alone, or is no status, and several words. */
bool ds_copy_says_more(const struct ds_rule *rule, int copy, struct ds_text word);

#endif
