/*
 * config_keys.h - which keys a configuration has, and what each of them may be
 *
 * Each mapping of the format is a table of keys. It says what is missing, what is unknown,
 * which word was meant, and which kind of value belongs there; what the values mean
 * together is for those who take them (config_status.c, config_copy.c, config_rule.c and
 * others). The tests compare the tables with the published schema.
 */
#ifndef DS_CONFIG_KEYS_H
#define DS_CONFIG_KEYS_H

#include "buf.h"
#include "config.h"
#include "config_tree.h"

enum ds_key_kind {
	DS_KEY_ANY,    /* whoever takes it looks */
	DS_KEY_TEXT,   /* a scalar that is not empty */
	DS_KEY_TEXTS,  /* a list of those */
	DS_KEY_NUMBER, /* whole, from 1 */
	DS_KEY_WORD,   /* one of `words` */
	DS_KEY_LIST,
	DS_KEY_MAPPING,
};

enum { DS_KEYS_MOST = 20 };

struct ds_key {
	const char *name; /* NULL ends the table */
	enum ds_key_kind kind;
	bool required;
	const char *const *words; /* ended by NULL */
};

/* A mapping of the format. */
struct ds_shape {
	const char *name; /* as the schema calls it */
	const char *what; /* as messages do: "a rule" */
	const struct ds_key *keys;
};

/* What a file is loaded into, and what is known of it. */
struct ds_loader {
	struct ds_ruleset *set;
	const char *file; /* as messages call it */
	bool builtin;
	const char *used;     /* the "file:line" that names the built-in one, or NULL */
	const char *root;     /* "" or "sub/" */
	const char *start;    /* what paths begin with: the root, and the folder within it */
	const char *name;     /* what the names of its rules begin with */
	const char *marker;   /* what decided that it fits, or NULL */
	struct ds_text bytes; /* all of the file */
	ds_error *err;
};

/* The keys of each table, as numbers: values[] below has that many. */
enum ds_file_key {
	FILE_VERSION,
	FILE_USE,
	FILE_RULES,
	FILE_ROOTS,
	FILE_FITS,
	FILE_AUTOMATIC,
	FILE_ABOUT
};
enum ds_use_key { USE_RULE, USE_IN };
enum ds_fit_key { FIT_IN, FIT_MARKER };
enum ds_rule_key {
	RULE_NAME,
	RULE_ITEMS,
	RULE_COPIES,
	RULE_STATUS,
	RULE_AUTHORITY,
	RULE_IDS,
	RULE_EXCLUDE,
	RULE_ARCHIVED,
	RULE_IGNORE,
	RULE_REGRESS,
	RULE_MISSING,
	RULE_SEVERITY,
	RULE_CONSTRAINTS,
	RULE_ROLLUP,
	RULE_ADVISE,
	RULE_STALE,
};
enum ds_items_key { ITEMS_PATH, ITEMS_COPY };
enum ds_copy_key {
	COPY_NAME,
	COPY_PATH,
	COPY_READ,
	COPY_AT,
	COPY_ID,
	COPY_FROM,
	COPY_MISSING,
	COPY_WORDS,
	COPY_WRITE,
	COPY_FOLLOW
};
enum ds_follow_key { FOLLOW_FIELD, FOLLOW_WRITE, FOLLOW_WHEN, FOLLOW_WITH };
enum ds_status_key {
	STATUS_ORDER,
	STATUS_IN_PROGRESS,
	STATUS_TERMINAL,
	STATUS_ALIAS,
	STATUS_CASE,
	STATUS_TRANSITIONS
};
enum ds_constraint_key { CONSTRAINT_WHEN, CONSTRAINT_COPY, CONSTRAINT_STATUS, CONSTRAINT_SAY };
enum ds_rollup_key { ROLLUP_PATH, ROLLUP_CHILDREN, ROLLUP_ALL, ROLLUP_SOME, ROLLUP_NONE };
enum ds_advise_key { ADVISE_ITEMS, ADVISE_BYTES, ADVISE_SAY };
enum ds_stale_key { STALE_PATH, STALE_SAY };

enum ds_shape_number {
	DS_SHAPE_FILE,
	DS_SHAPE_USE,
	DS_SHAPE_FIT,
	DS_SHAPE_RULE,
	DS_SHAPE_ITEMS,
	DS_SHAPE_COPY,
	DS_SHAPE_FOLLOW,
	DS_SHAPE_STATUS,
	DS_SHAPE_CONSTRAINT,
	DS_SHAPE_ROLLUP,
	DS_SHAPE_ADVISE,
	DS_SHAPE_STALE,
	DS_SHAPES,
};

extern const struct ds_shape ds_shapes[DS_SHAPES];

/* Sorts a mapping's values by the numbers of its keys; NULL where one is not given. */
int ds_take_keys(const struct ds_loader *l, const struct ds_node *node, enum ds_shape_number shape,
		 const struct ds_node *values[DS_KEYS_MOST]);

/* "file:line:column: what", with the node's place; its status. */
int ds_node_fail(const struct ds_loader *l, const struct ds_node *node, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* What was meant by a word that is none of these ("no such reader; did you mean json?"). */
int ds_word_fail(const struct ds_loader *l, const struct ds_node *node, const char *what,
		 const char *(*word)(const void *context, size_t i), const void *context);

/* "what: a list was expected". */
int ds_kind_fail(const struct ds_loader *l, const struct ds_node *node, const char *expected);

/* Whether this is a text that is not empty, has no blanks at its ends and no control bytes. */
int ds_check_text(const struct ds_loader *l, const struct ds_node *node);

/* The texts of a list, ended by NULL, each behind `prefix`; NULL where there is no list or
 * memory ran out (which *status says). */
const char *const *ds_take_texts(const struct ds_loader *l, const struct ds_node *list,
				 const char *prefix, int *status);

/* "prefix" and "text" as one string of the rules; NULL when memory ran out. */
const char *ds_join(const struct ds_loader *l, const char *prefix, const char *text);

/* Zeroed, for `count` entries and one that ends them; NULL when memory ran out. */
void *ds_table(const struct ds_loader *l, size_t count, size_t size);

bool ds_node_is(const struct ds_node *node, const char *word);

/* ---- What a rule is made of: each takes nodes that ds_take_keys has sorted -------------- */

int ds_take_vocabulary(const struct ds_loader *l, struct ds_rule *rule, const struct ds_node *node);

/* The status of a node, or DS_NO_STATUS and *status with what was expected. */
int ds_take_status(const struct ds_loader *l, const struct ds_vocabulary *vocabulary,
		   const struct ds_node *node, int *status);

/* The set of a list, or of one word; *first as it was given. */
ds_status_set ds_take_set(const struct ds_loader *l, const struct ds_vocabulary *vocabulary,
			  const struct ds_node *node, int *first, int *status);

int ds_take_copies(const struct ds_loader *l, struct ds_rule *rule, const struct ds_node *copies,
		   enum ds_gap gap);

/* The number of the copy that is named there. */
int ds_take_copy_name(const struct ds_loader *l, const struct ds_rule *rule,
		      const struct ds_node *node, int *copy);

/* Whether none of the rule's copies, whose list this is, reads what another one reads already,
 * of this rule or of those before it. */
int ds_check_claims(const struct ds_loader *l, const struct ds_rule *rule,
		    const struct ds_node *copies);

int ds_take_constraints(const struct ds_loader *l, struct ds_rule *rule,
			const struct ds_node *list);
int ds_take_rollups(const struct ds_loader *l, struct ds_rule *rule, const struct ds_node *list);

/* A path of something that belongs to one item: its captures are the rule's. A file, unless it
 * may be a folder. */
int ds_take_item_path(const struct ds_loader *l, const struct ds_rule *rule,
		      const struct ds_node *node, bool folder, const char **path);

/* The path of a copy whose files hold many records: every file that it matches. */
int ds_take_wide_path(const struct ds_loader *l, const struct ds_rule *rule,
		      const struct ds_node *node, const char **path);

/* Whether the pattern, or NULL, has {name}. */
bool ds_has_capture(const char *pattern, struct ds_text name);

/* A path pattern as it stands in the file: what is wrong with it. Of what is read, it must not
 * match git's files, nor ours. */
int ds_check_path(const struct ds_loader *l, const struct ds_node *node, bool is_read);

int ds_take_rule(const struct ds_loader *l, const struct ds_node *node);

/* The rules of a file, and the built-in ones that it uses where they fit (without a source:
 * where they fit first). The nodes of its roots outlive the call in `nodes`. */
int ds_take_file(const struct ds_loader *l, struct ds_source *source, struct ds_text bytes,
		 struct ds_arena *nodes, const struct ds_node **roots);

/* The rules of a built-in configuration, with paths that start from `in`; NULL: where it fits.
 * *times says how often that was, `missing` what was looked for. */
int ds_take_builtin(const struct ds_loader *from, struct ds_source *source,
		    const struct ds_builtin *builtin, const char *in, size_t *times,
		    struct ds_buf *missing);

/* A path without wildcards; and "docs/adr/" of "docs/adr". */
int ds_check_folder(const struct ds_loader *l, const struct ds_node *node);
const char *ds_folder(const struct ds_loader *l, const char *text);

enum { DS_FILES_MOST = 256 };

/* Appends to a table of the rules; beyond the most there may be it is left out. */
int ds_keep_string(const struct ds_loader *l, const char ***table, size_t *count,
		   const char *string);

/* The place of the rule of that name among the others, or NULL. */
const struct ds_rule *const *ds_find_rule(const struct ds_ruleset *set, const char *name);

/* What rules have to say of each other, when all are loaded. */
int ds_check_together(const struct ds_ruleset *set, ds_error *err);

#endif
