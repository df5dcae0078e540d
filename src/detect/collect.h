/*
 * collect.h - the copies of one item
 *
 * A desk is what one thread needs to look at one item after another: a blob and
 * a reading for each copy, used again and again.
 */
#ifndef DS_COLLECT_H
#define DS_COLLECT_H

#include "item.h"
#include "ledger.h"
#include "reader.h"
#include "rule.h"
#include "source.h"

struct ds_seen_copy {
	const char *path;          /* in the desk's scratch, or the ledger's */
	struct ds_blob blob;       /* of a copy that has its file to itself */
	struct ds_reading reading; /* code also says what kept the bytes from being read */
	int status;                /* what the word is taken for, or DS_NO_STATUS */
	ds_status_set set;         /* every status that the word stands for */

	/* Of a copy whose files hold many: where it was found, or NULL. */
	const struct ds_document *document;
	const struct ds_record *record;
	size_t claims; /* how many records there are of this item */
	bool said;     /* what is wrong with it is said of the whole file */
	bool more;     /* its word says more than a status, and that is not written over */
	bool again;    /* another copy reads the same place: the rule is wrong, not the file */
	bool left;     /* not looked at: git's HEAD, where that is what is judged */

	struct ds_value fields[DS_FIELD_LIMIT]; /* those that constraints look at */
};

/* What a status may have to follow from: boxes of a file, or other items. */
struct ds_parts {
	const char *path; /* of the file, in the desk's scratch; NULL: other items */
	size_t count;
	size_t done;
	size_t begun; /* under way */
	size_t vague; /* nobody knows: its word is no status, or it could not be judged */
	size_t line;  /* of the first that is not done; 0: none, or not known */
	struct ds_reading defect;
};

/* The other items that have one file in common; and all of them, in the order of paths. */
struct ds_kin {
	const char *path;
	struct ds_parts parts;
};

struct ds_kinship {
	struct ds_kin *at;
	size_t len;
};

struct ds_desk {
	const struct ds_rule *rule;
	const struct ds_reader *readers[DS_COPY_LIMIT];
	struct ds_source *source;
	struct ds_source *head;          /* git's HEAD, or NULL */
	const struct ds_ledger *ledgers; /* one a copy, or NULL where no copy has one */
	size_t next[DS_COPY_LIMIT];      /* where in a ledger the next item may be */
	const struct ds_kinship *kin;    /* one a rollup, or NULL: no other items are known */
	size_t limit;                    /* of a file; 0: DS_FILE_LIMIT */
	const char *where;               /* as in struct ds_scan */
	bool whole;                      /* read to the end, as whoever changes a file must */
	int copy_count;
	struct ds_seen_copy copies[DS_COPY_LIMIT];
	struct ds_parts parts[DS_ROLLUP_LIMIT]; /* one a rollup; none where any would do */
	struct ds_blob parts_blob;
	struct ds_arena scratch; /* emptied for each item */
	struct ds_buf path;
};

/* False where the rule names a reader that there is none of. The desk has no ledgers, no HEAD
 * and no limit of its own until they are put there. */
bool ds_desk_prepare(struct ds_desk *desk, const struct ds_rule *rule, struct ds_source *source);
void ds_desk_clear(struct ds_desk *desk);

/* Reads every copy of the item, and its parts where they matter. */
void ds_collect(struct ds_desk *desk, const struct ds_item *item);

/* As ds_copy_path; kept in the desk's scratch, NULL without memory. *made: whether it is known. */
const char *ds_desk_path(struct ds_desk *desk, const struct ds_item *item, const char *pattern,
			 bool *made);

/* Whether a copy was read from the directory of this path. */
bool ds_is_beside_copy(const struct ds_desk *desk, const char *path);

/* The whole content that a copy was found in, and the place of an offset in it. */
struct ds_text ds_seen_bytes(const struct ds_seen_copy *copy);
bool ds_seen_linked(const struct ds_seen_copy *copy); /* struct ds_blob */
void ds_seen_position(const struct ds_seen_copy *copy, size_t at, size_t *line, size_t *column);

#endif
