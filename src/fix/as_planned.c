#include "as_planned.h"

#include <string.h>

#include "compare.h"
#include "finding.h"
#include "rules.h"
#include "settle.h"

static bool same_said(const struct ds_planned *planned, const char *now)
{
	const char *then = planned->step.from;
	return then && now ? strcmp(then, now) == 0 : then == now;
}

static int believed_copy(const struct ds_plan *plan, const struct ds_rule *rule)
{
	return plan->prefer ? ds_copy_named(rule, plan->prefer) : rule->authority;
}

/* Parts that are other items, and what was committed, are not on the bench: there, only the
 * copies are looked at. */
static bool is_decided(const struct ds_plan *plan, const struct ds_rule *rule)
{
	int believed = believed_copy(plan, rule);

	if (believed >= 0)
		return rule->copies[believed].from == DS_FROM_HEAD;
	if (plan->prefer)
		return false;
	for (const struct ds_rollup *rollup = rule->rollups;
	     rollup && rule->authority == DS_PARTS && (rollup->path || rollup->children); rollup++)
		if (rollup->children)
			return true;
	return false;
}

static bool work_out(struct ds_repair *repair, struct ds_bench *bench,
		     const struct ds_planned *planned)
{
	const struct ds_plan *plan = bench->plan;
	struct ds_item item = {.path = planned->path, .id = planned->step.item};

	if (plan->task == DS_TASK_SET || is_decided(plan, planned->rule))
		return ds_repair_to(repair, &bench->desk, planned->to, planned->add != 0);
	return ds_repair_for(repair, &bench->desk, &item, plan->prefer, planned->add != 0);
}

/* Whether the copies say by now what they were to say. */
static bool is_settled(const struct ds_bench *bench, const struct ds_planned *planned)
{
	unsigned which = planned->change | planned->add;

	if (bench->plan->expects)
		return false;
	for (int i = 0; i < bench->desk.copy_count; i++)
		if ((which & 1u << i) && !ds_copy_says(&bench->desk.copies[i], planned->to))
			return false;
	return true;
}

/* ---- What to say if not -------------------------------------------------- */

/* The first of these copies that has no text and no mere gap either. */
static int find_defect(const struct ds_desk *desk, unsigned which)
{
	for (int i = 0; i < desk->copy_count; i++) {
		ds_code code = desk->copies[i].reading.code;
		if ((which & 1u << i) && code != DS_NO_CODE && code != DS_MISSING_STATUS)
			return i;
	}
	return DS_NO_COPY;
}

/* What cannot be read was not changed by anybody: that is trouble, no conflict. */
static void fail_defect(struct ds_bench *bench, struct ds_planned *planned, int copy)
{
	const struct ds_reading *reading = &bench->desk.copies[copy].reading;

	ds_step_fail(bench->plan, planned,
		     reading->code == DS_UNREADABLE ? DS_STEP_REFUSED : DS_STEP_CONFLICT,
		     "%s %s%s%s", planned->rule->copies[copy].name,
		     ds_code_info(reading->code)->phrase, reading->why[0] ? ": " : "",
		     reading->why);
}

/* What is in the way of reading it, else what it says instead. */
static void explain(struct ds_bench *bench, struct ds_planned *planned)
{
	const struct ds_desk *desk = &bench->desk;
	const char *names = planned->step.copies;
	int believed = believed_copy(bench->plan, planned->rule);
	unsigned which = planned->change | planned->add;
	bool failed;

	int defect = find_defect(desk, believed < 0 ? which : which | 1u << believed);
	if (defect != DS_NO_COPY) {
		fail_defect(bench, planned, defect);
		return;
	}
	const char *then = planned->step.from;
	const char *now = ds_said(desk, planned->change | planned->add, &bench->strings, &failed);
	if (same_said(planned, now))
		ds_step_fail(bench->plan, planned, DS_STEP_CONFLICT,
			     "another copy than %s was changed meanwhile", names);
	else
		ds_step_fail(bench->plan, planned, DS_STEP_CONFLICT,
			     "%s was changed meanwhile: expected %s, found %s", names,
			     then ? then : "no status", now ? now : "no status");
}

/* ---- Both ---------------------------------------------------------------- */

static bool was_shown(const struct ds_bench *bench, const struct ds_planned *planned)
{
	unsigned char room[DS_SHA256_SIZE];

	for (int i = 0; i < bench->desk.copy_count; i++)
		if (planned->shown[i] &&
		    memcmp(ds_bench_digest(bench, i, room), planned->shown[i], sizeof room) != 0)
			return false;
	return true;
}

static int check_repair(struct ds_bench *bench, struct ds_planned *planned, ds_error *err)
{
	struct ds_repair repair;
	bool failed;

	bool well = work_out(&repair, bench, planned);
	const char *said =
		ds_said(&bench->desk, planned->change | planned->add, &bench->strings, &failed);
	if (!well || failed)
		return ds_fail_memory(err);
	if (is_settled(bench, planned))
		planned->step.state = DS_STEP_DONE;
	else if (repair.to != planned->to || !same_said(planned, said) ||
		 (planned->change && repair.change != planned->change) ||
		 (planned->add && repair.add != planned->add))
		explain(bench, planned);
	return 0;
}

int ds_check_as_planned(struct ds_bench *bench, struct ds_planned *planned, ds_error *err)
{
	int status = planned->reversal ? 0 : check_repair(bench, planned, err);

	if (!status && planned->step.state == DS_STEP_PLANNED && !was_shown(bench, planned))
		ds_step_fail(bench->plan, planned, DS_STEP_CONFLICT,
			     "%s was changed since it was shown", planned->step.copies);
	return status;
}
