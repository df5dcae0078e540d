/*
 * keypath_rows.h - records, one after another, from keys as they come
 *
 * Of each record the id, the status and some fields are wanted. A reader shows every key of
 * a record once; what the keys have said together is judged here, the same way for JSON
 * and for YAML, and in time that grows with the keys alone.
 *
 *	for each record
 *		ds_rows_begin(&rows);
 *		for each key
 *			slot = ds_rows_slot(&rows, key, at, ds_key_match);
 *			if (slot)
 *				slot->value = ...;
 *		ds_rows_add(&rows, start, end);
 */
#ifndef DS_KEYPATH_ROWS_H
#define DS_KEYPATH_ROWS_H

#include "arena.h"
#include "keypath.h"
#include "reader.h"

enum { DS_SLOT_ID, DS_SLOT_STATUS, DS_SLOT_FIELDS };

/* What can be wrong with a key; the order is that in which it is said. */
enum ds_slot_trouble {
	DS_SLOT_TWICE,    /* it is there a second time */
	DS_SLOT_INDIRECT, /* an alias, an anchor or a tag is at it */
	DS_SLOT_MERGE,    /* what is merged in may have it: matters where it is absent */
	DS_SLOT_VARIANT,  /* some parsers take another key for it */
	DS_SLOT_TROUBLES
};

struct ds_slot {
	struct ds_text key; /* empty: none, the record's key or the record itself is it */
	size_t same;        /* the first slot that has this key */

	/* Of the record at hand. */
	bool had;
	size_t trouble[DS_SLOT_TROUBLES]; /* where, or SIZE_MAX */
	struct ds_value value;            /* where it was had */

	const char *why[DS_SLOT_TROUBLES + 2]; /* sentences, made when first needed */
};

struct ds_rows {
	struct ds_records *out;
	struct ds_arena *arena;
	struct ds_slot *slots;
	size_t len;
};

/* What is looked for behind the path's {id}. False: memory ran out, as below. */
bool ds_rows_open(struct ds_rows *rows, struct ds_records *out, const struct ds_keypath *path,
		  const char *const *fields, struct ds_arena *arena);

void ds_rows_begin(struct ds_rows *rows);

/* The slot whose value stands behind this key, or NULL; a key that is there twice or looks
 * like another is noted. */
struct ds_slot *ds_rows_slot(struct ds_rows *rows, struct ds_text key, size_t at,
			     enum ds_key_match (*match)(struct ds_text key, struct ds_text wanted));

/* Notes a trouble, unless there was an earlier one. */
void ds_slot_note(struct ds_slot *slot, enum ds_slot_trouble trouble, size_t at);

/* The same of the one key that a path leads to: says in the reading what is wrong, and that it
 * is not there; false: nothing is. */
bool ds_key_defect(struct ds_reading *out, const size_t trouble[DS_SLOT_TROUBLES], bool there,
		   const char *at);

/* Gives the slot a value without a key. */
void ds_slot_fill(struct ds_slot *slot, const struct ds_value *value);

/* The whole record is passed: keeps it, unless it is none. */
bool ds_rows_add(struct ds_rows *rows, size_t start, size_t end);

/* Notes it at every key that is looked for. */
void ds_rows_note(struct ds_rows *rows, enum ds_slot_trouble trouble, size_t at);

/*
 * The way to what holds the records. Alternatives are walked one after another, until one
 * leads there:
 *
 *	struct ds_way way = ds_way_of(at);
 *	while (ds_way_next(&way, records))
 *		...
 *
 * With the last call the records have their defect, if they have one, and then they are
 * none.
 */
struct ds_way {
	const char *all;        /* every alternative */
	const char *at;         /* those that are left */
	struct ds_keypath path; /* this one */
	bool there;             /* it leads to something that may hold records */
	bool none;              /* or to null in its place */
	bool other;             /* there are keys, so the file is not empty */

	size_t blocked; /* what should be an array or an object and is not, or SIZE_MAX */
	bool wants_array;

	enum ds_slot_trouble trouble; /* of a key on the way; DS_SLOT_TROUBLES: none */
	size_t where;
	struct ds_text key;
};

struct ds_way ds_way_of(const char *at);
bool ds_way_next(struct ds_way *way, struct ds_records *records);

/* Whether the value behind a key is the next on the way. */
bool ds_way_leads_on(struct ds_way *way, int level, struct ds_text key, size_t at, bool *had,
		     enum ds_key_match (*match)(struct ds_text key, struct ds_text wanted));

/* The value that `level` steps lead to has a trouble, or is not what it must be. */
void ds_way_note(struct ds_way *way, enum ds_slot_trouble trouble, int level, size_t at);
void ds_way_block(struct ds_way *way, int level, bool is_null, size_t at);

/* A value that is wrong where it stands. */
struct ds_value ds_value_fail(ds_code code, size_t start, size_t end, const char *why);

#endif
