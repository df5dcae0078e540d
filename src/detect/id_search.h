/*
 * id_search.h - what an id means that somebody gave
 *
 * It is looked for in every rule, and means what it fits best in any: a full id goes before
 * the number, that before the beginning of one. RULE:ID is looked for in that rule alone,
 * where no item has all of it as its id. Items of skipped directories are looked at only
 * where nothing else fits, to say that they are there.
 */
#ifndef DS_ID_SEARCH_H
#define DS_ID_SEARCH_H

#include "rules.h"
#include "scan.h"

/* What is selected of one rule. */
struct ds_selection {
	const struct ds_scan *scan;
	struct ds_scanned *out;
	struct ds_expansion expansion;
	bool listed;           /* `known` is filled */
	bool blind;            /* not every directory could be listed */
	struct ds_items known; /* every item that is in reach, once one id needed a list */
};

struct ds_candidate {
	struct ds_selection *in;
	struct ds_item item;
};

/* For one id: zero-initialise the rest, and free `at`. */
struct ds_id_search {
	struct ds_selection *rules;
	size_t count;
	const char *given;
	bool named; /* it begins with the name of a rule */
	bool sound; /* what is behind that may be an id */
	bool archived;
	enum ds_id_fit fit;
	struct ds_candidate *at;
	size_t len;
	size_t room;
};

/* Whether the item is there. */
int ds_selection_look(const struct ds_selection *in, const struct ds_item *item, bool *exists,
		      ds_error *err);

/* Finds what the id fits best; none, or several of them, is no failure. */
int ds_id_search(struct ds_id_search *search, ds_error *err);

/* Adds a line of trouble about an id that fits nothing, or too much: to the first rule. */
int ds_id_refuse(const struct ds_id_search *search, ds_error *err);

bool ds_candidates_of_several_rules(const struct ds_id_search *search);

#endif
