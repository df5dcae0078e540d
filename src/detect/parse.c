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

struct job {
	int ledger;
	struct ds_document *document;
};

struct work {
	struct ds_ledger *ledgers;
	int count;
	struct job *jobs; /* largest first: nobody waits long for whoever has the last one */
	size_t job_count;
	size_t bytes;
	atomic_size_t next; /* the first that no worker has taken */
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

static int compare_sizes(const void *a, const void *b)
{
	size_t left = ((const struct job *)a)->document->blob.bytes.len;
	size_t right = ((const struct job *)b)->document->blob.bytes.len;
	return (left < right) - (left > right);
}

/* False: memory ran out. */
static bool find_jobs(struct work *work)
{
	size_t count = 0;

	for (int i = 0; i < work->count; i++)
		count += is_due(&work->ledgers[i]) ? work->ledgers[i].document_count : 0;
	work->jobs = calloc(count + 1, sizeof *work->jobs);
	for (int i = 0; work->jobs && i < work->count; i++) {
		struct ds_ledger *ledger = &work->ledgers[i];
		for (size_t k = 0; is_due(ledger) && k < ledger->document_count; k++) {
			work->jobs[work->job_count++] = (struct job){i, &ledger->documents[k]};
			work->bytes += ledger->documents[k].blob.bytes.len;
		}
	}
	if (work->job_count)
		qsort(work->jobs, work->job_count, sizeof *work->jobs, compare_sizes);
	return work->jobs;
}

static void *run(void *context)
{
	struct worker *worker = context;
	struct work *work = worker->work;
	size_t at;

	while (!worker->failed && (at = atomic_fetch_add(&work->next, 1)) < work->job_count) {
		const struct job *job = &work->jobs[at];
		worker->failed = !ds_ledger_parse(&work->ledgers[job->ledger], job->document,
						  &worker->arenas[job->ledger]);
	}
	return NULL;
}

/* ---- All of them -------------------------------------------------------- */

static unsigned count_workers(const struct work *work, unsigned jobs)
{
	jobs = ds_count_jobs(jobs, work->bytes / BYTES_A_THREAD);
	if (jobs > work->job_count)
		jobs = (unsigned)work->job_count;
	return jobs ? jobs : 1;
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
	bool well = find_jobs(&work) && parse_all(&work, count_workers(&work, jobs));
	free(work.jobs);
	return well ? 0 : ds_fail_memory(err);
}

int ds_ledger_read(struct ds_ledger *ledger, const struct ds_rule *rule, int copy,
		   struct ds_source *source, size_t limit, ds_error *err)
{
	int status = ds_ledger_fetch(ledger, rule, copy, source, limit, err);
	return status ? status : ds_ledgers_parse(ledger, 1, 1, err);
}
