#include "fix.h"

bool ds_fix_add(struct ds_plan *plan, const struct ds_desk *desk, const struct ds_item *item,
		const struct ds_repair *repair)
{
	const struct ds_rule *rule = desk->rule;
	unsigned which = repair->change | repair->add;
	bool failed;
	struct ds_planned planned = {.rule = rule,
				     .path = item->path,
				     .to = repair->to,
				     .change = repair->change,
				     .add = repair->add};

	planned.step = (ds_step){.rule = rule->name,
				 .item = item->id,
				 .to = rule->vocabulary->statuses[repair->to].word,
				 .kind = ds_kind_of(desk, repair),
				 .wanted = true};
	planned.step.from = ds_said(desk, which, &plan->strings, &failed);
	planned.step.copies = ds_copy_names(rule, which, &plan->strings);
	return !failed && planned.step.copies && ds_plan_add(plan, &planned);
}

/* Gaps are asked about separately: two steps, and each holds without the other. */
static bool add_steps(struct ds_plan *plan, const struct ds_desk *desk, const struct ds_item *item,
		      const struct ds_repair *repair)
{
	struct ds_repair change = {repair->to, repair->change, 0};
	struct ds_repair add = {repair->to, 0, repair->add};

	return (!change.change || ds_fix_add(plan, desk, item, &change)) &&
	       (!add.add || ds_fix_add(plan, desk, item, &add));
}

unsigned ds_fix_item(void *context, struct ds_desk *desk, const struct ds_item *item)
{
	struct ds_fixing *fixing = context;
	struct ds_plan *plan = fixing->plan;
	struct ds_repair repair;

	bool well = ds_repair_for(&repair, desk, item, plan->prefer, plan->add_missing);
	if (well && !(repair.change | repair.add))
		return 0;
	pthread_mutex_lock(&fixing->lock);
	fixing->failed |= !well || !add_steps(plan, desk, item, &repair);
	pthread_mutex_unlock(&fixing->lock);
	return repair.change | repair.add;
}
