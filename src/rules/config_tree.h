/*
 * config_tree.h - a YAML configuration as nodes that know their place
 *
 * The part of YAML that a configuration needs: one document of mappings, lists and scalars,
 * keys that are texts. Anchors, aliases, tags, merge keys and keys that are there twice are
 * refused, and so is what is too large or nested too deep to be meant. A scalar is its text;
 * null is an empty one.
 */
#ifndef DS_CONFIG_TREE_H
#define DS_CONFIG_TREE_H

#include "arena.h"
#include "err.h"
#include "text.h"

enum { DS_CONFIG_DEPTH = 16, DS_CONFIG_KEYS = 512 };

enum ds_node_kind { DS_NODE_SCALAR, DS_NODE_LIST, DS_NODE_MAPPING };

struct ds_node {
	enum ds_node_kind kind;
	size_t line;
	size_t column;             /* in bytes */
	const char *text;          /* of a scalar; holds no NUL byte */
	const struct ds_node *key; /* of a value in a mapping */
	const struct ds_node *first;
	const struct ds_node *next;
	size_t count; /* how many are in it */
};

/* Makes the nodes of a whole file, in the arena; an empty one is an empty mapping. `file` is
 * what messages call it. */
int ds_config_tree(const struct ds_node **root, struct ds_text bytes, const char *file,
		   struct ds_arena *arena, ds_error *err);

/* Says what is wrong at a place: "file:line:column: what". One line, whatever is in it; a line
 * or a column of 0 is left out. */
int ds_config_fail_at(ds_error *err, const char *file, size_t line, size_t column,
		      const char *format, ...) __attribute__((format(printf, 5, 6)));

#endif
