/*
 * config.h - the rules of a repository: from .desync.yml, .desync.d and the built-in ones
 *
 *	struct ds_ruleset rules = {0};
 *	struct ds_load load = {.source = source};
 *	int status = ds_rules_load(&rules, &load, &err);
 *	...rules.at, ended by NULL; none where no rule fits here...
 *	ds_ruleset_free(&rules);
 *
 * A configuration is read from the source that is judged, so the rules of an index are those
 * that are staged. It is hostile input: at most 256 KiB a file, no anchors, aliases, tags or
 * duplicate keys, an unknown key is an error. What is wrong is said with file, line and
 * column, what was expected, and the nearest word that would be right.
 *
 * A built-in rule is a configuration like any other, compiled in. Where there is none in the
 * repository, the built-in ones that are `automatic` and fit are used; a repository
 * names the others under `use:`.
 */
#ifndef DS_CONFIG_H
#define DS_CONFIG_H

#include "arena.h"
#include "err.h"
#include "rule.h"
#include "source.h"
#include "text.h"

#define DS_CONFIG_NAME   ".desync.yml"
#define DS_CONFIG_FOLDER ".desync.d"

enum { DS_CONFIG_LIMIT = 256 * 1024, DS_RULE_LIMIT = 256, DS_ROOT_LIMIT = 64 };

struct ds_ruleset {
	const struct ds_rule **at; /* in the order of their names; ended by NULL */
	size_t count;
	size_t room;
	bool configured;    /* a configuration was there; it may have no rules */
	const char **files; /* those that were read, relative to the source; ended by NULL */
	size_t file_count;
	const char **notes; /* lines for a person: what is not wrong, but may not be meant */
	size_t note_count;
	struct ds_arena strings; /* all of it */
};

struct ds_load {
	struct ds_source *source;
	/* In place of what the source has at its top: a configuration that the caller vouches
	 * for, and what messages call it. `at` is NULL: none. */
	struct ds_text config;
	const char *config_name;
	/* Whether a file of the source may be trusted; 0, or a status with err filled. NULL: all
	 * may. */
	int (*trust)(void *context, const char *path, ds_error *err);
	void *context;
};

/* Adds the rules that fit what the source has at its top, and those of the roots named
 * there. 0 with count 0 where there is no configuration and no automatic rule fits. */
int ds_rules_load(struct ds_ruleset *out, const struct ds_load *load, ds_error *err);
void ds_ruleset_free(struct ds_ruleset *rules);

/* The rules of one configuration file alone, without looking whether they fit: `root` is
 * what their paths begin with, "" or "sub/". The steps of the above, for desync-init and for
 * tests. */
int ds_rules_parse(struct ds_ruleset *into, struct ds_text bytes, const char *name,
		   const char *root, ds_error *err);

/* ---- The built-in rules -------------------------------------------------- */

/* Where a configuration fits: the folder that its paths start from, and what must be there. */
struct ds_fit {
	const char *in;     /* "" or "docs/adr/"; NULL ends the table */
	const char *marker; /* a path from there */
};

struct ds_builtin {
	const char *name;  /* NULL ends the table */
	const char *about; /* one line for a person */
	bool automatic;
	const struct ds_fit *fits;
	const char *text; /* the configuration */
};

const struct ds_builtin *ds_builtins(void);

/* Adds the rules of that name, with its paths starting from `in` (NULL: from its first fit).
 * DS_TROUBLE where there is none, with the nearest name. */
int ds_builtin_use(struct ds_ruleset *into, const char *name, const char *in, ds_error *err);

/* Whether something is at that path. */
bool ds_is_there(struct ds_source *source, const char *path);

/* The file and line that a rule, or a part of it, comes from: "file:line", for a person. */
bool ds_rule_say_origin(struct ds_buf *out, const struct ds_rule *rule, size_t line);

#endif
