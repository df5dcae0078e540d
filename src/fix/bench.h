/*
 * bench.h - where a step's item lies while edits of it are made
 *
 *	struct ds_bench bench = {.plan = plan};
 *	status = ds_bench_read(&bench, planned, err);
 *	... bench.desk.copies ...
 *	ds_bench_clear(&bench);
 *
 * An item is read to the end of every copy. Files that many items have their status in are
 * read once for all that is read until the bench is renewed.
 */
#ifndef DS_BENCH_H
#define DS_BENCH_H

#include "collect.h"
#include "plan.h"

struct ds_bench {
	struct ds_plan *plan;
	struct ds_desk desk; /* of the rule that was needed last */
	struct ds_ledger ledgers[DS_COPY_LIMIT];
	/* The digest of each of their documents; zeroes: not known yet. */
	unsigned char (*digests[DS_COPY_LIMIT])[DS_SHA256_SIZE];
	bool fresh;              /* the ledgers are those of the desk's rule */
	struct ds_arena strings; /* of the work that is being made */
	char now[32];            /* the time that fields get */
};

/* Puts the step's item on the desk. Fails for want of memory, or of the rule's reader. */
int ds_bench_read(struct ds_bench *bench, const struct ds_planned *planned, ds_error *err);

/* Forgets the files of many items: the next to be read finds them as they are then. */
void ds_bench_renew(struct ds_bench *bench);

/* The digest of the file that a copy on the desk is in. Of one that holds many it is worked
 * out once; of another, into *room. */
const unsigned char *ds_bench_digest(const struct ds_bench *bench, int copy,
				     unsigned char room[DS_SHA256_SIZE]);

void ds_bench_clear(struct ds_bench *bench);

#endif
