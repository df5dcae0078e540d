/*
 * baseline_entry.h - what a baseline is made of
 *
 * An entry is its key: rule, item, code, and what each copy says, in order of their names,
 * as texts that end with NUL. A finding makes the same key, so that matching is comparing
 * bytes, and as many entries as a file can hold are searched like few.
 */
#ifndef DS_BASELINE_ENTRY_H
#define DS_BASELINE_ENTRY_H

#include "arena.h"
#include "baseline.h"
#include "buf.h"

enum { DS_DATE_ROOM = sizeof "YYYY-MM-DD" };

struct ds_baseline_entry {
	struct ds_text key;
	size_t line;
	char expires[DS_DATE_ROOM]; /* or empty */
	bool expired;
	bool met;
};

struct ds_baseline {
	struct ds_arena strings;
	const char *name;
	struct ds_baseline_entry *entries; /* sorted */
	size_t count;
	size_t room;
	struct ds_buf scratch;
};

/* What a copy says; text is NULL where it has no status. */
struct ds_said {
	const char *name;
	const char *text;
};

/* In the order of names, which keys need. */
void ds_sort_said(struct ds_said *said, size_t count);

bool ds_put_key(struct ds_buf *out, const char *rule, const char *item, ds_code code,
		const struct ds_said *said, size_t count);

/* A copy of the entry; false: memory ran out. */
bool ds_add_entry(struct ds_baseline *baseline, const struct ds_baseline_entry *entry);

/* Afterwards entries can be found. */
void ds_sort_entries(struct ds_baseline *baseline);
bool ds_same_entry(const struct ds_baseline_entry *a, const struct ds_baseline_entry *b);

#endif
