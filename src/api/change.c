/* Plans, as the public header has them: where scans and fixes meet. transact.c carries them out. */
#include "desync/change.h"

#include <stdlib.h>
#include <string.h>

#include "apply.h"
#include "compose.h"
#include "fix.h"
#include "result.h"
#include "transact.h"
#include "undo.h"
#include "worktree.h"

/* ---- A plan ------------------------------------------------------------- */

/* NULL: *status says why. */
static ds_plan *begin(ds_repo *repo, enum ds_task task, int *status, ds_error *err)
{
	*status = ds_need_place(repo, err);
	ds_plan *plan = *status ? NULL : calloc(1, sizeof *plan);
	if (!plan) {
		*status = *status ? *status : ds_fail_memory(err);
		return NULL;
	}
	plan->task = task;
	plan->limit = repo->limit;
	*status = ds_plan_begin(plan, repo->source, &repo->place, repo->root, err);
	if (!*status)
		return plan;
	ds_plan_free(plan);
	return NULL;
}

/* A plan that could not be made is none. */
static int hand_out(ds_plan **out, ds_plan *plan, int status)
{
	if (status)
		ds_plan_free(plan);
	else
		*out = plan;
	return status;
}

void ds_plan_free(ds_plan *plan)
{
	if (!plan)
		return;
	ds_plan_clear(plan);
	ds_result_free(plan->rest);
	free(plan);
}

const ds_step *ds_plan_step(const ds_plan *plan, size_t index)
{
	return index < plan->count ? &plan->steps[index].step : NULL;
}

void ds_plan_want(ds_plan *plan, size_t index, bool wanted)
{
	if (index < plan->count)
		plan->steps[index].step.wanted = wanted;
}

const ds_result *ds_plan_rest(const ds_plan *plan)
{
	return plan->rest;
}

static const char *line_of(const struct ds_lines *lines, size_t index)
{
	return index < lines->len ? lines->at[index] : NULL;
}

const char *ds_plan_note(const ds_plan *plan, size_t index)
{
	return line_of(&plan->notes, index);
}

const char *ds_plan_changed(const ds_plan *plan, size_t index)
{
	return line_of(&plan->changed, index);
}

const char *ds_plan_top(const ds_plan *plan)
{
	return plan->place->top;
}

const char *ds_plan_txid(const ds_plan *plan)
{
	return plan->txid;
}

int ds_plan_diff(ds_plan *plan, size_t index, ds_write_fn write, void *context, ds_error *err)
{
	return ds_plan_show(plan, index, write, context, err);
}

/* ---- Fix ---------------------------------------------------------------- */

/* A copy that no rule has is a slip; one that only some have settles only those. */
static int check_prefer(const ds_repo *repo, const char *prefer, ds_error *err)
{
	struct ds_buf why = {0};

	if (!prefer)
		return 0;
	ds_buf_puts(&why, "no copy has this name; there are:");
	for (const struct ds_rule *const *rule = repo->rules; *rule; rule++) {
		if (ds_copy_named(*rule, prefer) != DS_NO_COPY) {
			ds_buf_free(&why);
			return 0;
		}
		for (const struct ds_copy_rule *copy = (*rule)->copies; copy->name; copy++)
			ds_buf_printf(&why, " %s", copy->name);
	}
	return ds_fail_line(err, DS_TROUBLE, prefer, &why);
}

static void forget_steps(void *context)
{
	struct ds_fixing *fixing = context;
	fixing->plan->count = 0;
}

static int plan_steps(ds_plan *plan, ds_repo *repo, const ds_fix_options *options, ds_error *err)
{
	struct ds_fixing fixing = {.plan = plan, .lock = PTHREAD_MUTEX_INITIALIZER};
	struct ds_settler settler = {forget_steps, ds_fix_item, &fixing};
	ds_scan_options scan = {.size = sizeof scan,
				.ids = options->ids,
				.id_count = options->id_count,
				.all = options->all,
				.jobs = options->jobs,
				.progress = options->progress,
				.progress_context = options->progress_context};

	if (options->prefer && !(plan->prefer = ds_arena_string(&plan->strings, options->prefer)))
		return ds_fail_memory(err);
	plan->add_missing = options->add_missing;
	int status = ds_scan_settling(&plan->rest, repo, &scan, &settler, err);
	if (!status && fixing.failed)
		status = ds_fail_memory(err);
	ds_plan_sort(plan);
	return status;
}

int ds_plan_fix(ds_plan **out, ds_repo *repo, const ds_fix_options *options, ds_error *err)
{
	ds_fix_options given;

	*out = NULL;
	ds_take_options(&given, sizeof given, options);
	int status = check_prefer(repo, given.prefer, err);
	ds_worktree_wait(repo->source, ds_wait_ms(given.wait));
	ds_plan *plan = status ? NULL : begin(repo, DS_TASK_FIX, &status, err);
	return plan ? hand_out(out, plan, plan_steps(plan, repo, &given, err)) : status;
}

/* ---- Set ---------------------------------------------------------------- */

static void forget_step(void *context)
{
	struct ds_setting *setting = context;

	setting->plan->count = 0;
	setting->plan->notes.len = 0;
	setting->items = 0;
	setting->status = 0;
}

/* An id that fits items of two rules fits no one item. */
static int verdict(const struct ds_setting *setting, const ds_result *rest, const char *id,
		   ds_error *err)
{
	if (setting->items > 1)
		return ds_fail_path(err, DS_TROUBLE, id,
				    "fits more than one item: give the full id, or a rule");
	if (!setting->items && rest->trouble_count)
		return ds_fail(err, DS_TROUBLE, "%s", rest->trouble[0]);
	if (!setting->items)
		return ds_fail_path(err, DS_TROUBLE, id,
				    "no copy is there that has a place for it");
	return setting->status ? ds_fail(err, setting->err.status, "%s", setting->err.message) : 0;
}

static int plan_one(ds_plan *plan, ds_repo *repo, const char *id, struct ds_setting *setting,
		    ds_error *err)
{
	const ds_set_options *options = setting->options;
	struct ds_settler settler = {forget_step, ds_set_item, setting};
	ds_scan_options scan = {
		.size = sizeof scan, .ids = &id, .id_count = 1, .all = options->all, .jobs = 1};

	if (options->reason && *options->reason &&
	    !(plan->reason = ds_arena_string(&plan->strings, options->reason)))
		return ds_fail_memory(err);
	if (options->force && !plan->reason)
		return ds_fail(err, DS_TROUBLE,
			       "a forced step needs a reason: --force --reason TEXT");
	plan->forced = options->force;
	plan->expects = options->expect != NULL;
	int status = ds_scan_settling(&plan->rest, repo, &scan, &settler, err);
	return status ? status : verdict(setting, plan->rest, id, err);
}

int ds_plan_set(ds_plan **out, ds_repo *repo, const char *id, const char *status_word,
		const ds_set_options *options, ds_error *err)
{
	ds_set_options given;
	struct ds_setting setting = {.word = status_word, .options = &given};

	*out = NULL;
	ds_take_options(&given, sizeof given, options);
	if (!id || !status_word)
		return ds_fail(err, DS_TROUBLE, "no id or no status was given");
	int status;
	ds_worktree_wait(repo->source, ds_wait_ms(given.wait));
	ds_plan *plan = setting.plan = begin(repo, DS_TASK_SET, &status, err);
	return plan ? hand_out(out, plan, plan_one(plan, repo, id, &setting, err)) : status;
}

/* ---- Undo --------------------------------------------------------------- */

/* What is left to a person is in the steps: nothing is scanned. */
static int plan_undo(ds_plan *plan, ds_repo *repo, const ds_undo_options *options, ds_error *err)
{
	static const char *const no_ids[] = {NULL};
	static const struct ds_settler nobody = {0};
	ds_scan_options nothing = {.size = sizeof nothing, .ids = no_ids, .jobs = 1};
	struct ds_txn *txn;

	int status = ds_scan_settling(&plan->rest, repo, &nothing, &nobody, err);
	if (status)
		return status;
	status = ds_open_log(&txn, repo, options->wait, err);
	if (!status)
		status = ds_undo_plan(plan, txn, repo->rules, options->txid, err);
	ds_txn_close(txn);
	return status;
}

int ds_plan_undo(ds_plan **out, ds_repo *repo, const ds_undo_options *options, ds_error *err)
{
	ds_undo_options given;
	int status;

	*out = NULL;
	ds_take_options(&given, sizeof given, options);
	ds_worktree_wait(repo->source, ds_wait_ms(given.wait));
	ds_plan *plan = begin(repo, DS_TASK_UNDO, &status, err);
	return plan ? hand_out(out, plan, plan_undo(plan, repo, &given, err)) : status;
}
