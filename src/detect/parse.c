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

struct worker {
	struct ds_parsing *parsing;
	pthread_t thread;
	struct ds_arena arenas[DS_COPY_LIMIT]; /* one a ledger, as each is cleared on its own */
	bool failed;                           /* memory ran out */
};

struct ds_parsing {
	struct ds_ledger *ledgers;
	int count;
	struct job *jobs; /* largest first: nobody waits long for whoever has the last one */
	size_t job_count;
	size_t bytes;
	atomic_size_t next;                /* the first that no worker has taken */
	atomic_size_t left[DS_COPY_LIMIT]; /* of a ledger: documents that are not parsed */
	struct worker *workers;            /* the first is whoever waits for the end */
	unsigned worker_count;
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
static bool find_jobs(struct ds_parsing *p)
{
	size_t count = 0;

	for (int i = 0; i < p->count; i++)
		count += is_due(&p->ledgers[i]) ? p->ledgers[i].document_count : 0;
	p->jobs = calloc(count + 1, sizeof *p->jobs);
	for (int i = 0; p->jobs && i < p->count; i++) {
		struct ds_ledger *ledger = &p->ledgers[i];
		for (size_t k = 0; is_due(ledger) && k < ledger->document_count; k++) {
			p->jobs[p->job_count++] = (struct job){i, &ledger->documents[k]};
			p->bytes += ledger->documents[k].blob.bytes.len;
			p->left[i]++;
		}
	}
	if (p->job_count)
		qsort(p->jobs, p->job_count, sizeof *p->jobs, compare_sizes);
	return p->jobs;
}

/* Whoever has the last document of a ledger puts its entries in order. False: memory ran out. */
static bool run_job(struct ds_parsing *p, const struct job *job, struct ds_arena *arena)
{
	struct ds_ledger *ledger = &p->ledgers[job->ledger];

	return ds_ledger_parse(ledger, job->document, arena) &&
	       (atomic_fetch_sub(&p->left[job->ledger], 1) > 1 || ds_ledger_index(ledger, arena));
}

static void *run(void *context)
{
	struct worker *worker = context;
	struct ds_parsing *p = worker->parsing;
	size_t at;

	while (!worker->failed && (at = atomic_fetch_add(&p->next, 1)) < p->job_count) {
		const struct job *job = &p->jobs[at];
		worker->failed = !run_job(p, job, &worker->arenas[job->ledger]);
	}
	return NULL;
}

/* ---- All of them -------------------------------------------------------- */

/* Threads that cannot be had are done without. False: memory ran out. */
static bool start(struct ds_parsing *p, unsigned jobs)
{
	size_t most = p->job_count + 1;

	jobs = ds_count_jobs(jobs, p->bytes / BYTES_A_THREAD);
	jobs = jobs < most ? jobs : (unsigned)most;
	p->workers = calloc(jobs, sizeof *p->workers);
	if (!p->workers)
		return false;
	for (unsigned i = 0; i < jobs; i++)
		p->workers[i].parsing = p;
	p->worker_count = 1;
	while (p->worker_count < jobs && pthread_create(&p->workers[p->worker_count].thread, NULL,
							run, &p->workers[p->worker_count]) == 0)
		p->worker_count++;
	return true;
}

/* Those without a document. */
static bool index_empty(struct ds_parsing *p)
{
	for (int i = 0; i < p->count; i++)
		if (is_due(&p->ledgers[i]) && !p->ledgers[i].document_count &&
		    !ds_ledger_index(&p->ledgers[i], &p->ledgers[i].arena))
			return false;
	return true;
}

static void free_parsing(struct ds_parsing *p)
{
	if (p) {
		free(p->workers);
		free(p->jobs);
	}
	free(p);
}

static bool has_reader(const struct ds_ledger *ledger)
{
	const struct ds_reader *reader = ds_reader_find(ledger->rule->copies[ledger->copy].read);
	return reader && reader->records;
}

int ds_ledgers_begin(struct ds_parsing **out, struct ds_ledger *ledgers, int count, unsigned jobs,
		     ds_error *err)
{
	for (int i = 0; i < count; i++)
		if (is_due(&ledgers[i]) && !has_reader(&ledgers[i]))
			return ds_fail(err, DS_TROUBLE,
				       "the rule %s names a reader that does not exist",
				       ledgers[i].rule->name);
	struct ds_parsing *p = calloc(1, sizeof *p);
	if (p)
		*p = (struct ds_parsing){.ledgers = ledgers, .count = count};
	if (!p || !index_empty(p) || !find_jobs(p) || !start(p, jobs)) {
		free_parsing(p);
		return ds_fail_memory(err);
	}
	*out = p;
	return 0;
}

int ds_ledgers_finish(struct ds_parsing **parsing, ds_error *err)
{
	struct ds_parsing *p = *parsing;
	bool well = true;

	if (!p)
		return 0;
	run(&p->workers[0]);
	for (unsigned i = 1; i < p->worker_count; i++)
		pthread_join(p->workers[i].thread, NULL);
	for (unsigned i = 0; i < p->worker_count; i++) {
		for (int k = 0; k < p->count; k++)
			ds_arena_absorb(&p->ledgers[k].arena, &p->workers[i].arenas[k]);
		well &= !p->workers[i].failed;
	}
	free_parsing(p);
	*parsing = NULL;
	return well ? 0 : ds_fail_memory(err);
}

int ds_ledger_read(struct ds_ledger *ledger, const struct ds_rule *rule, int copy,
		   struct ds_source *source, size_t limit, ds_error *err)
{
	struct ds_parsing *parsing = NULL;
	int status = ds_ledger_fetch(ledger, rule, copy, source, limit, err);

	if (!status)
		status = ds_ledgers_begin(&parsing, ledger, 1, 1, err);
	return status ? status : ds_ledgers_finish(&parsing, err);
}
