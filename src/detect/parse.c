/* Parses the documents of ledgers, on as many threads as are worth it. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "ledger.h"
#include "readers.h"

enum {
	BYTES_A_THREAD = 64 << 10, /* fewer are not worth one */
	MOST_JOBS = 256,
};

unsigned ds_count_jobs(unsigned jobs, size_t worth)
{
	if (!jobs) {
		long processors = sysconf(_SC_NPROCESSORS_ONLN);
		jobs = processors > 0 ? (unsigned)processors : 1;
		if (jobs > worth)
			jobs = worth ? (unsigned)worth : 1;
	}
	return jobs < MOST_JOBS ? jobs : MOST_JOBS;
}

/* ---- One document after another ----------------------------------------- */

struct work {
	struct ds_ledger *ledgers;
	int count;
	atomic_size_t next; /* the first document that no worker has taken, over all ledgers */
};

struct worker {
	struct work *work;
	pthread_t thread;
	struct ds_arena arenas[DS_COPY_LIMIT]; /* one a ledger, as each is cleared on its own */
	bool failed;                           /* memory ran out */
};

static bool is_due(const struct ds_ledger *ledger)
{
	return ledger->rule && !ledger->entries;
}

/* The document of that number, and its ledger's; -1: there is none. */
static int find(const struct work *work, size_t number, struct ds_document **document)
{
	for (int i = 0; i < work->count; i++) {
		struct ds_ledger *ledger = &work->ledgers[i];
		size_t len = is_due(ledger) ? ledger->document_count : 0;
		if (number < len) {
			*document = &ledger->documents[number];
			return i;
		}
		number -= len;
	}
	return -1;
}

static void *run(void *context)
{
	struct worker *worker = context;
	struct work *work = worker->work;
	struct ds_document *document;
	int i;

	while (!worker->failed &&
	       (i = find(work, atomic_fetch_add(&work->next, 1), &document)) >= 0)
		worker->failed = !ds_ledger_parse(&work->ledgers[i], document, &worker->arenas[i]);
	return NULL;
}

/* ---- All of them -------------------------------------------------------- */

/* As many as have bytes to work on, and a document each. */
static unsigned count_workers(const struct work *work, unsigned jobs)
{
	size_t documents = 0;
	size_t bytes = 0;

	for (int i = 0; i < work->count; i++) {
		const struct ds_ledger *ledger = &work->ledgers[i];
		for (size_t k = 0; is_due(ledger) && k < ledger->document_count; k++, documents++)
			bytes += ledger->documents[k].blob.bytes.len;
	}
	jobs = ds_count_jobs(jobs, bytes / BYTES_A_THREAD);
	return jobs < documents ? jobs : documents ? (unsigned)documents : 1;
}

static bool gather(struct work *work, struct worker *workers, unsigned count)
{
	bool well = true;

	for (unsigned i = 0; i < count; i++) {
		for (int k = 0; k < work->count; k++)
			ds_arena_absorb(&work->ledgers[k].arena, &workers[i].arenas[k]);
		well &= !workers[i].failed;
	}
	for (int k = 0; well && k < work->count; k++)
		if (is_due(&work->ledgers[k]))
			well = ds_ledger_index(&work->ledgers[k]);
	return well;
}

static bool parse_all(struct work *work, unsigned jobs)
{
	struct worker *workers = calloc(jobs, sizeof *workers);
	unsigned started = 1;

	if (!workers)
		return false;
	for (unsigned i = 0; i < jobs; i++)
		workers[i].work = work;
	/* Threads that cannot be had are done without. */
	while (started < jobs &&
	       pthread_create(&workers[started].thread, NULL, run, &workers[started]) == 0)
		started++;
	run(&workers[0]);
	for (unsigned i = 1; i < started; i++)
		pthread_join(workers[i].thread, NULL);
	bool well = gather(work, workers, started);
	free(workers);
	return well;
}

static bool has_reader(const struct ds_ledger *ledger)
{
	const struct ds_reader *reader = ds_reader_find(ledger->rule->copies[ledger->copy].read);
	return reader && reader->records;
}

int ds_ledgers_parse(struct ds_ledger *ledgers, int count, unsigned jobs, ds_error *err)
{
	struct work work = {.ledgers = ledgers, .count = count};

	for (int i = 0; i < count; i++)
		if (is_due(&ledgers[i]) && !has_reader(&ledgers[i]))
			return ds_fail(err, DS_TROUBLE,
				       "the rule %s names a reader that does not exist",
				       ledgers[i].rule->name);
	return parse_all(&work, count_workers(&work, jobs)) ? 0 : ds_fail_memory(err);
}

int ds_ledger_read(struct ds_ledger *ledger, const struct ds_rule *rule, int copy,
		   struct ds_source *source, size_t limit, ds_error *err)
{
	int status = ds_ledger_fetch(ledger, rule, copy, source, limit, err);
	return status ? status : ds_ledgers_parse(ledger, 1, 1, err);
}
