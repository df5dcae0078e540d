/*
 * rule.h - which copies belong to one item
 *
 * A rule is data. The built-in ones are tables in src/rules; nothing else knows
 * what they are about.
 */
#ifndef DS_RULE_H
#define DS_RULE_H

#include "reader.h"
#include "vocabulary.h"

enum { DS_COPY_LIMIT = 8, DS_NO_COPY = -1 };

/* A field that says something about the status beside it, and is written when somebody
 * sets the status (never when a difference is repaired). */
enum ds_follow_what { DS_FOLLOW_NOW, DS_FOLLOW_REASON };

struct ds_follow {
	const char *field;        /* NULL ends the table */
	const char *when;         /* only where this is the new status; NULL: any */
	enum ds_follow_what what; /* the time in UTC, or the reason that was given */
	bool with_reason;         /* only where one was given */
};

/* Where one copy is found. */
struct ds_copy_rule {
	const char *name;               /* for people; NULL ends the table */
	const char *path;               /* {item} stands for what the item's pattern matched */
	const char *read;               /* the name of a reader */
	const char *at;                 /* where in the file, as that reader understands it */
	const struct ds_follow *follow; /* or NULL */
};

struct ds_rule {
	const char *name;
	const char *marker; /* a directory that holds this is a root of the rule */
	const char *items;  /* the path pattern whose matches are the items; {id} is the id */
	const char *const *exclude;  /* patterns taken away from items; NULL-ended, or NULL */
	const char *const *archived; /* patterns whose items are seen only when asked for */
	struct ds_copy_rule copies[DS_COPY_LIMIT + 1];
	int authority; /* the copy that is believed, or DS_NO_COPY */
	const struct ds_vocabulary *vocabulary;

	/* A file that is made from the statuses by somebody else, and what makes it anew. */
	const char *stale; /* a path, or NULL */
	const char *stale_advice;
};

#endif
