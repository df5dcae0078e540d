#include "apply.h"

#include "batch.h"
#include "transact.h"

/* Files that others make from the statuses are stale now. */
static bool say_stale(struct ds_plan *plan)
{
	const struct ds_rule *said = NULL;
	bool well = true;

	for (size_t i = 0; i < plan->count && well && plan->changed.len; i++) {
		const struct ds_rule *rule = plan->steps[i].rule;
		struct ds_blob blob = {0};
		if (plan->steps[i].step.state != DS_STEP_DONE || rule == said || !rule->stale)
			continue;
		said = rule;
		plan->source->ops->read(plan->source, rule->stale, NULL, &blob);
		if (blob.kind != DS_MISSING)
			well = ds_plan_say(plan, "%s%s is stale now: %s", plan->prefix, rule->stale,
					   rule->stale_advice);
		ds_blob_free(&blob);
	}
	return well;
}

static int take_notes(struct ds_plan *plan, const struct ds_txn *txn, ds_error *err)
{
	const char *note;

	for (size_t i = 0; (note = ds_txn_note(txn, i)); i++)
		if (!ds_lines_add(&plan->notes, ds_arena_string(&plan->strings, note)))
			return ds_fail_memory(err);
	return say_stale(plan) ? 0 : ds_fail_memory(err);
}

int ds_plan_carry_out(struct ds_plan *plan, const struct ds_applying *applying, ds_error *err)
{
	struct ds_batch b = {.plan = plan,
			     .applying = applying,
			     .bench = {.plan = plan},
			     .carry_out = ds_transact,
			     .err = err};
	ds_error why;

	ds_batch_judge(&b, ds_batch_run(&b, DS_ALL_STEPS, &why), &why);
	ds_batch_judge(&b, take_notes(plan, applying->txn, &why), &why);
	if (ds_txn_is_doubtful(applying->txn))
		ds_batch_judge(&b,
			       ds_fail(&why, DS_TROUBLE,
				       "changed, but it is not known whether that is safely on "
				       "the disk"),
			       &why);
	ds_batch_end(&b);
	return (int)b.status;
}

int ds_step_verdict(const struct ds_planned *planned, ds_error *err)
{
	static const ds_status verdicts[] = {[DS_STEP_PLANNED] = DS_OK,
					     [DS_STEP_DONE] = DS_OK,
					     [DS_STEP_CONFLICT] = DS_CONFLICT,
					     [DS_STEP_REFUSED] = DS_TROUBLE};
	ds_status status = verdicts[planned->step.state];

	return status ? ds_fail_path(err, status, planned->step.item, planned->step.why) : 0;
}

/* ---- Trying -------------------------------------------------------------- */

static int try_out(struct ds_batch *b, ds_error *err)
{
	return ds_work_finish(&b->work, &b->bench, err);
}

int ds_plan_try(struct ds_plan *plan, ds_error *err)
{
	struct ds_batch b = {.plan = plan, .bench = {.plan = plan}, .carry_out = try_out};
	int status = ds_batch_run(&b, DS_ALL_STEPS, err);

	ds_batch_end(&b);
	return status;
}
