/*
 * ledger.h - the records of a copy whose files hold many items
 *
 * Each of its files is read and parsed once for a whole scan, before items are compared;
 * then a record is found by the id of its item. What cannot be read as a whole is
 * a defect of the file: said once, not for each item.
 */
#ifndef DS_LEDGER_H
#define DS_LEDGER_H

#include "arena.h"
#include "blob.h"
#include "err.h"
#include "reader.h"
#include "rule.h"
#include "source.h"

struct ds_document {
	const char *path;
	struct ds_blob blob;
	struct ds_records records; /* its defect also where the bytes could not be read */
	size_t *lines;             /* where each line begins */
	size_t line_count;
};

struct ds_entry {
	const char *id; /* as ds_id_key has it */
	const struct ds_document *document;
	const struct ds_record *record;
};

struct ds_ledger {
	const struct ds_rule *rule;
	int copy;
	struct ds_document *documents; /* in the order of their paths */
	size_t document_count;
	const struct ds_document *defect; /* the first where a record may be unseen, or NULL */
	struct ds_entry *entries;         /* in the order of ids, then of documents and places */
	size_t entry_count;
	struct ds_arena arena;
};

/* Reads every file of the copy, up to `limit` bytes each (0: DS_FILE_LIMIT). A file that is not
 * there, where the path names only one, is a document with blob.kind DS_MISSING; a folder that
 * cannot be listed is one with a defect. Fails for want of memory, or of the reader.
 * Zero-initialise it; clear it in any case. */
int ds_ledger_read(struct ds_ledger *ledger, const struct ds_rule *rule, int copy,
		   struct ds_source *source, size_t limit, ds_error *err);

/* The same in steps, where there are several: the bytes, by the one thread that asks the
 * source; then what they say, in all that were fetched and not yet parsed, by as many threads
 * as `jobs` has it (0: as many as are worth it). Whoever began that may do something else
 * meanwhile, and takes part when it waits for the end: nobody may touch the ledgers in between.
 * What has begun (*out is not NULL any more) has to be finished in any case; a NULL is finished. */
struct ds_parsing;

int ds_ledger_fetch(struct ds_ledger *ledger, const struct ds_rule *rule, int copy,
		    struct ds_source *source, size_t limit, ds_error *err);
int ds_ledgers_begin(struct ds_parsing **out, struct ds_ledger *ledgers, int count, unsigned jobs,
		     ds_error *err);
int ds_ledgers_finish(struct ds_parsing **parsing, ds_error *err);

/* Whether its files are the same, byte for byte, as when they were read. */
bool ds_ledger_is_current(const struct ds_ledger *ledger, struct ds_source *source, size_t limit);

void ds_ledger_clear(struct ds_ledger *ledger);

/* The entries of that id (an item's, or its key), side by side: how many, and the first; 0
 * where there is none. */
size_t ds_ledger_find(const struct ds_ledger *ledger, const char *id,
		      const struct ds_entry **first);

/* The same, at once where somebody asks for one id after another in their order: *next, 0 at
 * first, is the entry behind those found last, and no more than a hint. */
size_t ds_ledger_find_next(const struct ds_ledger *ledger, const char *id, size_t *next,
			   const struct ds_entry **first);

/* The steps of parsing: each document; then, of all of them, whose records are whose. Strings go
 * to an arena of the thread's, and with that to the ledger's. False: memory ran out. */
bool ds_ledger_parse(const struct ds_ledger *ledger, struct ds_document *document,
		     struct ds_arena *arena);
bool ds_ledger_index(struct ds_ledger *ledger, struct ds_arena *arena);

/* How many threads, where `jobs` were asked for (0: one for each processor, but not more
 * than the work is worth). */
unsigned ds_count_jobs(unsigned jobs, size_t worth);

/* As ds_text_position, without counting lines from the beginning. */
void ds_document_position(const struct ds_document *document, size_t at, size_t *line,
			  size_t *column);

#endif
