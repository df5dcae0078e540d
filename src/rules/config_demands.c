#include <string.h>

#include "config_keys.h"

/* ---- Constraints ---------------------------------------------------------- */

/* The number of a field among those that a copy is read for. */
static int take_constraint_field(const struct ds_loader *l, struct ds_copy_rule *copy,
				 const struct ds_node *key, int *status)
{
	const char **fields = (const char **)copy->fields;
	int i = 0;

	const char *field = ds_join(l, "", key->text);
	if (field && !fields)
		fields = ds_table(l, DS_FIELD_LIMIT, sizeof *fields);
	if (!field || !fields) {
		*status = DS_TROUBLE;
		return 0;
	}
	copy->fields = fields;
	while (fields[i] && strcmp(fields[i], field) != 0)
		i++;
	if (i == DS_FIELD_LIMIT)
		*status = ds_node_fail(l, key, "%s: constraints look at more than %d fields of %s",
				       key->text, DS_FIELD_LIMIT, copy->name);
	else
		fields[i] = field;
	return i;
}

static int take_when(const struct ds_loader *l, struct ds_constraint *constraint,
		     const struct ds_node *node)
{
	int status = 0;

	if (node->kind == DS_NODE_LIST) {
		if (!node->count)
			return ds_kind_fail(l, node, "at least one word");
		for (const struct ds_node *word = node->first; word && !status; word = word->next)
			status = ds_check_text(l, word);
		if (!status)
			constraint->values = ds_take_texts(l, node, "", &status);
		return status;
	}
	status = ds_check_text(l, node);
	if (status || ds_node_is(node, "present"))
		return status;
	constraint->absent = ds_node_is(node, "absent");
	if (constraint->absent)
		return 0;
	const char **values = ds_table(l, 1, sizeof *values);
	constraint->values = values;
	if (!values || !(*values = ds_join(l, "", node->text)))
		return DS_TROUBLE;
	return 0;
}

static int take_constraint(const struct ds_loader *l, struct ds_rule *rule,
			   struct ds_constraint *constraint, const struct ds_node *node)
{
	const struct ds_node *values[DS_KEYS_MOST];
	int first;
	int status = ds_take_keys(l, node, DS_SHAPE_CONSTRAINT, values);

	if (status)
		return status;
	constraint->origin = node->line;
	if (values[CONSTRAINT_COPY])
		status = ds_take_copy_name(l, rule, values[CONSTRAINT_COPY], &constraint->copy);
	if (status)
		return status;
	const struct ds_node *when = values[CONSTRAINT_WHEN];
	if (when->count != 1)
		return ds_kind_fail(l, when, "one field and what it says");
	constraint->allowed =
		ds_take_set(l, rule->vocabulary, values[CONSTRAINT_STATUS], &first, &status);
	if (!status)
		constraint->field = take_constraint_field(l, &rule->copies[constraint->copy],
							  when->first->key, &status);
	if (!status)
		status = take_when(l, constraint, when->first);
	if (!status && values[CONSTRAINT_SAY] &&
	    !(constraint->say = ds_join(l, "", values[CONSTRAINT_SAY]->text)))
		status = DS_TROUBLE;
	return status;
}

int ds_take_constraints(const struct ds_loader *l, struct ds_rule *rule, const struct ds_node *list)
{
	struct ds_constraint *table;
	int status = 0;

	if (!list)
		return 0;
	rule->constraints = table = ds_table(l, list->count, sizeof *table);
	if (!table)
		return DS_TROUBLE;
	for (const struct ds_node *node = list->first; node && !status; node = node->next)
		status = take_constraint(l, rule, table++, node);
	table->copy = DS_NO_COPY;
	return status;
}

/* ---- Rollups -------------------------------------------------------------- */

/* Whether there is such a rule is known when all are loaded. */
static int take_children(const struct ds_loader *l, struct ds_rollup *rollup,
			 const struct ds_node *node)
{
	rollup->line = node->line;
	rollup->column = node->column;
	rollup->children = ds_join(l, l->name, node->text);
	return rollup->children ? 0 : DS_TROUBLE;
}

static int take_rollup(const struct ds_loader *l, const struct ds_rule *rule,
		       struct ds_rollup *rollup, const struct ds_node *node)
{
	const struct ds_node *values[DS_KEYS_MOST];
	ds_status_set *sets[] = {&rollup->all, &rollup->some, &rollup->none};
	int *firsts[] = {&rollup->all_first, &rollup->some_first, &rollup->none_first};
	int status = ds_take_keys(l, node, DS_SHAPE_ROLLUP, values);

	if (status)
		return status;
	rollup->origin = node->line;
	if (!values[ROLLUP_PATH] == !values[ROLLUP_CHILDREN])
		return ds_kind_fail(l, node, "either path or children");
	if (!values[ROLLUP_ALL] && !values[ROLLUP_SOME] && !values[ROLLUP_NONE])
		return ds_kind_fail(l, node, "one of all, some and none");
	if (values[ROLLUP_PATH])
		status = ds_take_item_path(l, rule, values[ROLLUP_PATH], false, &rollup->path);
	else
		status = take_children(l, rollup, values[ROLLUP_CHILDREN]);
	for (int i = 0; i < 3 && !status; i++) {
		*firsts[i] = DS_NO_STATUS;
		if (values[ROLLUP_ALL + i])
			*sets[i] = ds_take_set(l, rule->vocabulary, values[ROLLUP_ALL + i],
					       firsts[i], &status);
	}
	return status;
}

int ds_take_rollups(const struct ds_loader *l, struct ds_rule *rule, const struct ds_node *list)
{
	struct ds_rollup *table;
	int status = 0;

	if (!list)
		return 0;
	rule->rollups = table = ds_table(l, list->count, sizeof *table);
	if (!table)
		return DS_TROUBLE;
	for (const struct ds_node *node = list->first; node && !status; node = node->next)
		status = take_rollup(l, rule, table++, node);
	return status;
}

/* ---- All of them ---------------------------------------------------------- */

static bool is_end(const struct ds_rollup *rollup)
{
	return !rollup || (!rollup->path && !rollup->children);
}

static int fail_rollup(const struct ds_rule *rule, const struct ds_rollup *rollup, const char *what,
		       const char *near, ds_error *err)
{
	return ds_config_fail_at(err, rule->file ? rule->file : "built-in", rollup->line,
				 rollup->column, "%s: %s%s%s", rollup->children, what, near,
				 *near ? "?" : "");
}

static int refuse_children(const struct ds_ruleset *set, const struct ds_rule *rule,
			   const struct ds_rollup *rollup, ds_error *err)
{
	struct ds_guess guess = ds_guess_begin(ds_text_of(rollup->children));

	for (size_t i = 0; i < set->count; i++)
		ds_guess_try(&guess, set->at[i]->name);
	if (!guess.best)
		return fail_rollup(rule, rollup, "no such rule", "", err);
	return fail_rollup(rule, rollup, "no such rule; did you mean ", guess.best, err);
}

/* Whether every rule whose items are parts of this rule's is done with. */
static int look_at_parts(const struct ds_ruleset *set, const struct ds_rule *rule, const bool *done,
			 bool *ready, const struct ds_rollup **open, ds_error *err)
{
	*ready = true;
	for (const struct ds_rollup *rollup = rule->rollups; !is_end(rollup); rollup++) {
		if (!rollup->children)
			continue;
		const struct ds_rule *const *parts = ds_find_rule(set, rollup->children);
		if (!parts)
			return refuse_children(set, rule, rollup, err);
		if (done[parts - set->at])
			continue;
		*ready = false;
		*open = rollup;
	}
	return 0;
}

/* A rule whose parts are all done with is done with; where none is left that could be, some
 * are parts of themselves. */
int ds_check_together(const struct ds_ruleset *set, ds_error *err)
{
	bool done[DS_RULE_LIMIT] = {false};
	const struct ds_rule *last = NULL;
	const struct ds_rollup *open = NULL;
	bool more = true;
	size_t left = set->count;

	while (more) {
		more = false;
		for (size_t i = 0; i < set->count; i++) {
			bool ready;
			if (done[i])
				continue;
			int status = look_at_parts(set, set->at[i], done, &ready, &open, err);
			if (status)
				return status;
			done[i] = ready;
			more |= ready;
			left -= ready;
			last = set->at[i];
		}
	}
	return left ? fail_rollup(last, open, "its items are parts of each other", "", err) : 0;
}
