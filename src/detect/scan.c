/* Compares the items of a rule, on as many threads as are worth it. */
#include "scan.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "demands.h"
#include "rules.h"

enum {
	CHUNK = 64,           /* items that a worker takes at a time */
	ITEMS_A_THREAD = 256, /* fewer are not worth one */
	MOST_NAMED = 20,      /* of the items that have one id */
};

struct work {
	const struct ds_scan *scan;
	const struct ds_scanned *scanned;
	struct ds_items *items;
	enum { AT_ONCE, FIRST, AGAIN } turn; /* when what looks wrong is read once more */
	atomic_size_t next;                  /* the first item that no worker has taken */
};

struct worker {
	struct work *work;
	pthread_t thread;
	struct ds_findings findings;
	struct ds_arena strings;
	int status;
	ds_error err;
};

/* ---- One item ----------------------------------------------------------- */

struct again {
	struct ds_desk *desk;
	const struct ds_item *item;
};

static void collect_again(void *context)
{
	const struct again *again = context;
	ds_collect(again->desk, again->item);
}

/* What looks wrong may be half of somebody's change: it is read once more before
 * it is said. A gap is not: nobody's change passes through it. */
static bool is_suspicious(ds_item_state state)
{
	return state == DS_ITEM_DESYNCED || state == DS_ITEM_UNCHECKED;
}

/* False: what it says is not taken for what it is yet. */
static bool confirm(struct ds_desk *desk, struct ds_item *item, const struct work *work)
{
	const struct ds_source_ops *ops = desk->source->ops;

	item->again = false;
	if (work->turn == AGAIN || !ops->confirm || !is_suspicious(ds_judge(desk)))
		return true;
	if (work->turn == FIRST) {
		item->again = item->seen = true;
		return false;
	}
	struct again again = {desk, item};
	ops->confirm(desk->source, collect_again, &again);
	return true;
}

static bool look_at(struct ds_desk *desk, struct ds_item *item, struct worker *worker)
{
	const struct ds_scan *scan = worker->work->scan;
	unsigned settled = 0;

	ds_collect(desk, item);
	if (!confirm(desk, item, worker->work))
		return true;
	item->seen = !ds_is_absent(desk);
	if (!item->seen)
		return true;
	ds_item_state state = ds_judge(desk);
	item->state = (uint8_t)state;
	item->status = (int8_t)ds_judged_status(desk);
	item->compared = ds_is_compared(desk);
	item->guessed = ds_has_mismatch(desk) && ds_target(desk) == DS_NO_STATUS;
	if (scan->settle)
		settled = scan->settle(scan->settle_context, desk, item);
	size_t before = worker->findings.len;
	if (!ds_describe(desk, item, settled, &worker->findings, &worker->strings))
		return false;
	if (worker->findings.len == before)
		ds_remember_item(scan, item);
	return true;
}

/* ---- All of them -------------------------------------------------------- */

/* Takes a chunk; false when none is left. */
static bool take(struct work *work, size_t *from, size_t *to)
{
	*from = atomic_fetch_add(&work->next, CHUNK);
	*to = *from + CHUNK < work->items->len ? *from + CHUNK : work->items->len;
	return *from < work->items->len;
}

static bool is_due(const struct work *work, const struct ds_item *item)
{
	return work->turn == AGAIN ? item->again : !item->recalled;
}

static void run(struct worker *worker, bool reports_progress)
{
	struct work *work = worker->work;
	const struct ds_scan *scan = work->scan;
	struct ds_desk desk;
	size_t from;
	size_t to;

	if (!ds_desk_prepare(&desk, scan->rule, scan->source)) {
		worker->status =
			ds_fail(&worker->err, DS_TROUBLE,
				"the rule %s names a reader that does not exist", scan->rule->name);
		ds_desk_clear(&desk);
		return;
	}
	desk.where = scan->where;
	desk.head = scan->head;
	desk.limit = scan->limit;
	desk.ledgers = work->scanned->ledgers;
	desk.kin = work->scanned->kin;
	while (!worker->status && take(work, &from, &to)) {
		if (reports_progress)
			scan->progress(scan->progress_context, from, work->items->len);
		for (size_t i = from; i < to && !worker->status; i++)
			if (is_due(work, &work->items->at[i]) &&
			    !look_at(&desk, &work->items->at[i], worker))
				worker->status = ds_fail_memory(&worker->err);
	}
	ds_desk_clear(&desk);
}

static void *run_thread(void *worker)
{
	run(worker, false);
	return NULL;
}

static bool is_for_one_thread(const struct ds_scan *scan)
{
	return scan->source->ops->want || (scan->head && scan->head->ops->want);
}

static unsigned count_jobs(const struct ds_scan *scan, size_t items)
{
	return is_for_one_thread(scan) ? 1 : ds_count_jobs(scan->jobs, items / ITEMS_A_THREAD + 1);
}

static int gather(struct worker *workers, unsigned count, struct ds_scanned *out, ds_error *err)
{
	int status = 0;
	for (unsigned i = 0; i < count; i++) {
		struct worker *worker = &workers[i];
		ds_arena_absorb(&out->strings, &worker->strings);
		if (!ds_findings_absorb(&out->findings, &worker->findings) && !status)
			status = ds_fail_memory(err);
		if (worker->status && !status)
			status = ds_fail(err, worker->err.status, "%s", worker->err.message);
		ds_findings_free(&worker->findings);
	}
	return status;
}

/* Threads that cannot be had are done without: this thread works as well. */
static int run_all(const struct ds_scan *scan, struct ds_scanned *out, int turn, ds_error *err)
{
	struct work work = {.scan = scan, .scanned = out, .items = &out->items, .turn = turn};
	unsigned jobs = count_jobs(scan, out->items.len);
	struct worker *workers = calloc(jobs, sizeof *workers);
	unsigned started = 1;

	if (!workers)
		return ds_fail_memory(err);
	for (unsigned i = 0; i < jobs; i++)
		workers[i].work = &work;
	while (started < jobs &&
	       pthread_create(&workers[started].thread, NULL, run_thread, &workers[started]) == 0)
		started++;
	run(&workers[0], scan->progress != NULL);
	for (unsigned i = 1; i < started; i++)
		pthread_join(workers[i].thread, NULL);
	int status = gather(workers, started, out, err);
	free(workers);
	return status;
}

static void drop_unseen(struct ds_items *items)
{
	size_t kept = 0;
	for (size_t i = 0; i < items->len; i++)
		if (items->at[i].seen)
			items->at[kept++] = items->at[i];
	items->len = kept;
}

/* ---- Ids that several items claim --------------------------------------- */

static bool describe_duplicate(const struct ds_scan *scan, struct ds_scanned *out, size_t from,
			       size_t to)
{
	const struct ds_code_info *info = ds_code_info(DS_DUPLICATE_ITEM);
	size_t kept = to - from < MOST_NAMED ? to - from : MOST_NAMED;
	ds_copy *copies = ds_arena_alloc(&out->strings, kept * sizeof *copies);
	struct ds_buf line = {0};

	if (!copies)
		return false;
	ds_buf_printf(&line, "%zu items have this id: ", to - from);
	for (size_t i = from; i < from + kept; i++) {
		ds_buf_printf(&line, "%s%s", i > from ? ", " : "", out->items.at[i].path);
		copies[i - from].name = out->items.at[i].path;
		copies[i - from].path = out->items.at[i].path;
	}
	if (to - from > kept)
		ds_buf_printf(&line, " and %zu more", to - from - kept);
	for (size_t i = from; i < to; i++)
		if (out->items.at[i].state != DS_ITEM_DESYNCED)
			out->items.at[i].state = DS_ITEM_UNCHECKED;
	ds_finding finding = {.code = DS_DUPLICATE_ITEM,
			      .severity = info->severity,
			      .rule = scan->rule->name,
			      .item = out->items.at[from].id,
			      .advice = info->advice,
			      .copies = copies,
			      .copy_count = kept};
	finding.message = line.failed ? NULL : ds_arena_string(&out->strings, line.bytes);
	ds_buf_free(&line);
	return finding.message && ds_findings_add(&out->findings, &finding);
}

static bool is_of_several(const struct ds_items *items, const char *id)
{
	size_t low = 0;

	for (size_t high = items->len; low < high;) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(items->at[middle].id, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low + 1 < items->len && strcmp(items->at[low + 1].id, id) == 0;
}

/* Records that claim such an id each of its items would say once more. */
static void drop_claims(struct ds_scanned *out)
{
	struct ds_findings *findings = &out->findings;
	size_t kept = 0;

	for (size_t i = 0; i < findings->len; i++)
		if (findings->at[i].code != DS_DUPLICATE_ITEM ||
		    !is_of_several(&out->items, findings->at[i].item))
			findings->at[kept++] = findings->at[i];
	findings->len = kept;
}

static bool find_duplicates(const struct ds_scan *scan, struct ds_scanned *out)
{
	const struct ds_items *items = &out->items;
	size_t to;

	drop_claims(out);
	for (size_t from = 0; from < items->len; from = to) {
		to = from + 1;
		while (to < items->len && strcmp(items->at[from].id, items->at[to].id) == 0)
			to++;
		if (to - from > 1 && !describe_duplicate(scan, out, from, to))
			return false;
	}
	return true;
}

/* ---- Files that many items share ---------------------------------------- */

static bool has_defect(const struct ds_scanned *scanned)
{
	for (int i = 0; i < DS_COPY_LIMIT; i++)
		if (scanned->ledgers[i].defect)
			return true;
	return false;
}

struct recheck {
	const struct ds_scan *scan;
	struct ds_scanned *out;
	int status;
	ds_error *err;
};

static void look_again(void *context)
{
	struct recheck *r = context;

	r->status = ds_read_ledgers(r->scan, r->out, r->err);
	if (!r->status)
		r->status = run_all(r->scan, r->out, AGAIN, r->err);
}

static bool looks_wrong(const struct ds_scanned *scanned)
{
	for (size_t i = 0; i < scanned->items.len; i++)
		if (scanned->items.at[i].again)
			return true;
	return has_defect(scanned);
}

/* A file that many share is not read again for each of them, but once for all. */
static int compare_shared(const struct ds_scan *scan, struct ds_scanned *out, ds_error *err)
{
	struct recheck r = {scan, out, 0, err};
	int status = run_all(scan, out, FIRST, err);

	if (status || !scan->source->ops->confirm || !looks_wrong(out))
		return status;
	scan->source->ops->confirm(scan->source, look_again, &r);
	return r.status;
}

/* ---- The whole ---------------------------------------------------------- */

static int find_all_kin(const struct ds_scan *scan, struct ds_scanned *out, ds_error *err)
{
	for (size_t i = 0; i < ds_rollup_count(scan->rule) && i < DS_ROLLUP_LIMIT; i++)
		if (!ds_find_kin(&out->kin[i], scan, &scan->rule->rollups[i]))
			return ds_fail_memory(err);
	return 0;
}

int ds_compare_items(const struct ds_scan *scan, struct ds_scanned *out, ds_error *err)
{
	int status = ds_finish_ledgers(out, err);

	if (!status)
		status = find_all_kin(scan, out, err);
	if (status)
		return status;
	if ((scan->memory || is_for_one_thread(scan)) && !ds_recall_items(scan, &out->items))
		return ds_fail_memory(err);
	status = ds_rule_has_many(scan->rule) ? compare_shared(scan, out, err)
					      : run_all(scan, out, AT_ONCE, err);
	if (status)
		return status;
	drop_unseen(&out->items);
	if (!find_duplicates(scan, out) || !ds_describe_documents(scan, out))
		return ds_fail_memory(err);
	ds_findings_sort(&out->findings);
	return 0;
}

int ds_scan_rule(const struct ds_scan *scan, struct ds_scanned *out, ds_error *err)
{
	int status = ds_begin_ledgers(scan, out, err);

	if (!status)
		status = ds_select(scan, out, err);
	return status ? status : ds_compare_items(scan, out, err);
}

void ds_scanned_free(struct ds_scanned *scanned)
{
	ds_finish_ledgers(scanned, NULL);
	for (int i = 0; i < DS_COPY_LIMIT; i++)
		ds_ledger_clear(&scanned->ledgers[i]);
	for (int i = 0; i < DS_ROLLUP_LIMIT; i++)
		free(scanned->kin[i].at);
	ds_items_free(&scanned->items);
	ds_items_free(&scanned->skipped);
	ds_findings_free(&scanned->findings);
	ds_arena_free(&scanned->strings);
	free(scanned->trouble);
	*scanned = (struct ds_scanned){0};
}
