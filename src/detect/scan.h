/*
 * scan.h - one rule, from its items to its findings
 */
#ifndef DS_SCAN_H
#define DS_SCAN_H

#include "arena.h"
#include "collect.h"
#include "err.h"
#include "finding.h"
#include "item.h"
#include "rule.h"
#include "source.h"

/* What was judged before, by content. Only that all copies of an item agree, on a known
 * status and with nothing to be said of it, is ever remembered. */
struct ds_memory {
	/* Whether copies with these contents, in the order of the rule's, are known to
	 * agree, and on which status (an index into the vocabulary). */
	bool (*recall)(void *context, const struct ds_content_id *ids, int count, int *status);
	void (*remember)(void *context, const struct ds_content_id *ids, int count, int status);
	void *context;
};

struct ds_scan {
	const struct ds_rule *rule;
	struct ds_source *source;
	struct ds_source *head; /* git's HEAD beside the worktree, or NULL */
	size_t limit;           /* of a file; 0: DS_FILE_LIMIT */
	/* What was scanned before, for rollups of other rules' items; ended by NULL, or NULL. */
	const struct ds_scanned *const *children;
	const struct ds_rule *const *child_rules;
	const char *where;      /* the options that a printed command needs, fit for a shell and
				 * with a blank behind; NULL: none */
	const char *const *ids; /* only these; NULL: every item */
	size_t id_count;
	bool all;
	bool qualify;  /* there are rules that are not looked at: commands name this one */
	unsigned jobs; /* 0: as many as are worth it */
	void (*progress)(void *context, size_t done, size_t total);
	void *progress_context;

	const struct ds_memory *memory; /* or NULL; needs a source with content ids */

	/* Called for each item that exists, with its copies as they were confirmed, by
	 * several threads; may use desk->scratch. Returns a bit for each copy of which
	 * nothing need be said any more, as in ds_describe. NULL: say everything. */
	unsigned (*settle)(void *context, struct ds_desk *desk, const struct ds_item *item);
	void *settle_context;
};

/* What a scan makes. Zero-initialise it; free it in any case. */
struct ds_scanned {
	struct ds_items items; /* those that exist, sorted, with their states */
	struct ds_findings findings;
	struct ds_arena strings; /* all of their strings */
	struct ds_items skipped; /* those in directories that were not looked into */
	size_t shelves_unlisted; /* directories in which there may be more of them */

	/* Ids that fit nothing, or too much: a line each. */
	const char **trouble;
	size_t trouble_count;

	struct ds_ledger ledgers[DS_COPY_LIMIT]; /* of the copies that hold many */
	struct ds_parsing *parsing;              /* of them, while it goes on; or NULL */
	struct ds_kinship kin[DS_ROLLUP_LIMIT];  /* of the rollups that are about other items */

	const char *advice; /* the rule's, where it is in place; or NULL */
};

int ds_scan_rule(const struct ds_scan *scan, struct ds_scanned *out, ds_error *err);
void ds_scanned_free(struct ds_scanned *scanned);

/* The steps of it. */

/* shared.c: reads the files of the copies that hold many. Their memory is part of what was scanned.
 */
int ds_read_ledgers(const struct ds_scan *scan, struct ds_scanned *out, ds_error *err);

/* The same, but parsing goes on in other threads while items are listed. Who needs what is in
 * the files finishes it: the steps below do. */
int ds_begin_ledgers(const struct ds_scan *scan, struct ds_scanned *out, ds_error *err);
int ds_finish_ledgers(struct ds_scanned *out, ds_error *err);

/* How much is kept of their files. */
size_t ds_shared_bytes(const struct ds_scanned *scanned);

/* Adds the items that copies list, where they are not known by their ids already (among `into`,
 * or those that were skipped). Strings are the scan's. */
int ds_add_listed(const struct ds_scan *scan, struct ds_scanned *out, struct ds_items *into,
		  ds_error *err);

/* Tells of each record that is no item, as its copy lists none, and no item has its id: of
 * several of one id, the first. What was scanned is all items. Stops where `found` fails. */
int ds_unlisted(const struct ds_rule *rule, const struct ds_scanned *scanned,
		int (*found)(void *context, int copy, const struct ds_entry *entry, ds_error *err),
		void *context, ds_error *err);

/* Adds what keeps such a file, or a record that names no item, from being judged: once, and of
 * no item. And the word of advice. False when memory ran out. */
bool ds_describe_documents(const struct ds_scan *scan, struct ds_scanned *out);

/* select.c: which items, from whole rules or from ids, which are the same in all scans. Each
 * id is looked for in every rule, and means what it fits best in any: all of an id before the
 * number, that before the beginning; RULE:ID in that rule alone. What fits nothing, or
 * items of several rules, is trouble of the first. */
int ds_select_from(const struct ds_scan *scans, struct ds_scanned *outs, size_t count,
		   ds_error *err);
int ds_select(const struct ds_scan *scan, struct ds_scanned *out, ds_error *err);

/* recall.c: marks the items whose contents were judged before, and announces the others to
 * the source. False when memory ran out. The second is for one that was judged now, and of
 * which there was nothing to say. */
bool ds_recall_items(const struct ds_scan *scan, struct ds_items *items);
void ds_remember_item(const struct ds_scan *scan, const struct ds_item *item);

/* compare every item in `items` and keep those that exist. */
int ds_compare_items(const struct ds_scan *scan, struct ds_scanned *out, ds_error *err);

#endif
