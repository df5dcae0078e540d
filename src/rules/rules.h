/*
 * rules.h - the items that a rule means
 */
#ifndef DS_RULES_H
#define DS_RULES_H

#include "arena.h"
#include "err.h"
#include "item.h"
#include "rule.h"
#include "source.h"

/* Where one of the rule's copies is for this item; appended to `out`. Where its path needs a
 * capture that the item does not have (it is only listed somewhere), or has a wildcard, that
 * cannot be told: then the pattern itself is appended. */
enum ds_path_made { DS_PATH_MADE, DS_PATH_OPEN, DS_PATH_MEMORY };

enum ds_path_made ds_copy_path(struct ds_buf *out, const struct ds_rule *rule, int copy,
			       const char *item_path, const char *id);

/* The same for any pattern, and what one capture of the item's own pattern stands for: a piece
 * of its path, or nothing where it does not match. */
enum ds_path_made ds_item_path(struct ds_buf *out, const struct ds_rule *rule, const char *pattern,
			       const char *item_path, const char *id);
struct ds_text ds_item_capture(const struct ds_rule *rule, const char *item_path, const char *name);

/* What a rule's patterns match. `problem` is told of each directory that could
 * not be listed; the others are looked at all the same. */
struct ds_expansion {
	const struct ds_rule *rule;
	struct ds_source *source;
	struct ds_arena *strings;  /* paths and ids live here */
	struct ds_items *items;    /* appended to; not all need exist: see ds_item_exists */
	struct ds_items *archived; /* the same for those on the shelves; NULL: leave them */
	/* `shelf`: only archived items can be in that directory. */
	int (*problem)(void *context, const char *path, bool shelf, const char *why, ds_error *err);
	void *context;
};

int ds_expand(const struct ds_expansion *expansion, ds_error *err);

/* The item of that full id, without listing anything; items->len stays where there is none.
 * *known is false where only a list can tell: the pattern has more than the id, ids are
 * numbers, or items are in records. */
int ds_expand_one(const struct ds_expansion *expansion, const char *id, bool *known, ds_error *err);

/* Whether at least one of the item's copies is there, of those that have a file to themselves. */
int ds_item_exists(const struct ds_rule *rule, struct ds_source *source, const struct ds_item *item,
		   bool *exists, ds_error *err);

/* What ids of a rule are compared by: the first number in it (2, or 2.1), without zeros before
 * it, where the rule says so; else all of it. A piece of `id`. */
struct ds_text ds_id_key(const struct ds_rule *rule, struct ds_text id);

/* Whether the rule says that what has this id is no item. */
bool ds_id_is_ignored(const struct ds_rule *rule, struct ds_text id);

/* How well an id that a person gave fits an item's. */
enum ds_id_fit { DS_ID_OTHER, DS_ID_PREFIX, DS_ID_NUMBER, DS_ID_FULL };

enum ds_id_fit ds_id_fit(const char *id, const char *given);

/* How well a name that a person gave fits a rule's: wholly, or without its root. */
enum ds_rule_fit { DS_RULE_OTHER, DS_RULE_BARE, DS_RULE_FULL };

enum ds_rule_fit ds_rule_fit(const struct ds_rule *rule, struct ds_text name);

/* Whether a person may give this as an id: no "/", no "..", no control bytes. */
bool ds_id_is_sound(const char *given);

#endif
