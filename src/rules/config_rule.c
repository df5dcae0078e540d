#include <stdlib.h>
#include <string.h>

#include "config_keys.h"
#include "pattern.h"
#include "severity.h"
#include "sha256.h"

/* ---- Names --------------------------------------------------------------- */

static int check_name(const struct ds_loader *l, const struct ds_node *node)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789._-";
	size_t len = strlen(node->text);

	if (len > 64 || strspn(node->text, letters) != len)
		return ds_node_fail(l, node,
				    "%s: a name is at most 64 letters, digits, dots, - and _",
				    node->text);
	return 0;
}

static int compare_name(const void *name, const void *rule)
{
	return strcmp(name, (*(const struct ds_rule *const *)rule)->name);
}

static const struct ds_rule *const *find_rule(const struct ds_ruleset *set, const char *name)
{
	return set->count ? bsearch(name, set->at, set->count, sizeof *set->at, compare_name)
			  : NULL;
}

static int refuse_name(const struct ds_loader *l, const struct ds_node *node,
		       const struct ds_rule *before)
{
	struct ds_buf where = {0};

	ds_rule_say_origin(&where, before, before->origin);
	int status = where.failed ? ds_fail_memory(l->err)
				  : ds_node_fail(l, node, "%s: there is a rule of that name, in %s",
						 before->name, where.bytes);
	ds_buf_free(&where);
	return status;
}

static int take_name(const struct ds_loader *l, struct ds_rule *rule, const struct ds_node *node)
{
	int status = check_name(l, node);
	if (status)
		return status;
	rule->name = ds_join(l, l->name, node->text);
	if (!rule->name)
		return DS_TROUBLE;
	const struct ds_rule *const *before = find_rule(l->set, rule->name);
	return before ? refuse_name(l, node, *before) : 0;
}

/* ---- Items --------------------------------------------------------------- */

static bool has_id(const char *pattern)
{
	return strstr(pattern, "{id}") != NULL;
}

static int take_pattern(const struct ds_loader *l, struct ds_rule *rule, const struct ds_node *node)
{
	int status = ds_check_path(l, node);

	if (status)
		return status;
	if (!has_id(node->text))
		return ds_node_fail(l, node, "%s: has no {id}", node->text);
	if (strstr(node->text, "{item}"))
		return ds_node_fail(l, node, "%s: {item} is what items match", node->text);
	rule->items = ds_join(l, l->start, node->text);
	return rule->items ? 0 : DS_TROUBLE;
}

/* *lists is set where the records of a copy are items. */
static int take_items(const struct ds_loader *l, struct ds_rule *rule, const struct ds_node *node,
		      const struct ds_node **lists)
{
	const struct ds_node *values[DS_KEYS_MOST];

	*lists = NULL;
	if (node->kind == DS_NODE_SCALAR)
		return take_pattern(l, rule, node);
	if (node->kind == DS_NODE_LIST)
		return ds_kind_fail(l, node, "one pattern, or a mapping with path and copy");
	int status = ds_take_keys(l, node, DS_SHAPE_ITEMS, values);
	if (status)
		return status;
	*lists = values[ITEMS_COPY];
	if (values[ITEMS_PATH])
		return take_pattern(l, rule, values[ITEMS_PATH]);
	return *lists ? 0 : ds_kind_fail(l, node, "path, copy, or both");
}

static const char *copy_name(const void *rule, size_t i)
{
	return ((const struct ds_rule *)rule)->copies[i].name;
}

static int take_lists(const struct ds_loader *l, struct ds_rule *rule, const struct ds_node *node)
{
	int copy = ds_copy_named(rule, node->text);

	if (copy == DS_NO_COPY)
		return ds_word_fail(l, node, "copy", copy_name, rule);
	if (!rule->copies[copy].many)
		return ds_node_fail(l, node, "%s: holds the status of one item, and lists none",
				    node->text);
	rule->copies[copy].lists = true;
	return 0;
}

static int take_patterns(const struct ds_loader *l, const struct ds_rule *rule,
			 const struct ds_node *list, bool with_id, const char *const **out)
{
	int status = 0;

	if (list && list->count && !rule->items)
		return ds_node_fail(l, list, "%s: of what? items has no path pattern",
				    list->key->text);
	if (list && list->count >= DS_WALK_LIMIT)
		return ds_node_fail(l, list, "%s: more than %d patterns", list->key->text,
				    DS_WALK_LIMIT - 1);
	for (const struct ds_node *node = list ? list->first : NULL; node && !status;
	     node = node->next) {
		status = ds_check_path(l, node);
		if (!status && with_id && !has_id(node->text))
			status = ds_node_fail(l, node, "%s: has no {id}", node->text);
	}
	if (!status)
		*out = ds_take_texts(l, list, l->start, &status);
	return status;
}

/* ---- Authority, severities ------------------------------------------------ */

static const char *authority_word(const void *rule, size_t i)
{
	static const char *const words[] = {"ahead", "report", "parts"};
	return i < 3 ? words[i] : copy_name(rule, i - 3);
}

static int take_authority(const struct ds_loader *l, struct ds_rule *rule,
			  const struct ds_node *node, bool rollup)
{
	rule->authority = DS_NO_COPY;
	if (!node)
		return 0;
	rule->authority_origin = node->line;
	if (ds_node_is(node, "report"))
		return 0;
	if (ds_node_is(node, "parts") && !rollup)
		return ds_node_fail(l, node, "parts: the rule has no rollup");
	rule->authority = ds_node_is(node, "ahead")   ? DS_AHEAD
			  : ds_node_is(node, "parts") ? DS_PARTS
						      : ds_copy_named(rule, node->text);
	return rule->authority == DS_NO_COPY ? ds_word_fail(l, node, "copy", authority_word, rule)
					     : 0;
}

static const char *code_word(const void *unused, size_t i)
{
	const char *name = ds_code_name((ds_code)(i + DS_NO_CODE + 1));
	(void)unused;
	return *name ? name : NULL;
}

static const char *level_word(const void *unused, size_t i)
{
	static const char *const levels[] = {
		[DS_INFO] = "info", [DS_WARNING] = "warning", [DS_ERROR] = "error"};
	(void)unused;
	return i < sizeof levels / sizeof *levels ? levels[i] : NULL;
}

static int take_severity(const struct ds_loader *l, struct ds_rule *rule,
			 const struct ds_node *node)
{
	ds_code code = ds_code_find(ds_text_of(node->key->text));
	size_t level = 0;
	int status = ds_check_text(l, node);

	if (status)
		return status;
	if (code == DS_NO_CODE)
		return ds_word_fail(l, node->key, "finding", code_word, NULL);
	while (level_word(NULL, level) && !ds_node_is(node, level_word(NULL, level)))
		level++;
	if (!level_word(NULL, level))
		return ds_word_fail(l, node, "severity", level_word, NULL);
	if (level != DS_ERROR && !ds_code_may_pass(code))
		return ds_node_fail(l, node,
				    "%s: stays an error: where it is found, nothing is known",
				    node->key->text);
	rule->severity[code] = (unsigned char)(level + 1);
	return 0;
}

static int take_severities(const struct ds_loader *l, struct ds_rule *rule,
			   const struct ds_node *mapping)
{
	int status = 0;

	for (const struct ds_node *node = mapping ? mapping->first : NULL; node && !status;
	     node = node->next)
		status = take_severity(l, rule, node);
	return status;
}

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
		constraint->copy = ds_copy_named(rule, values[CONSTRAINT_COPY]->text);
	if (constraint->copy == DS_NO_COPY)
		return ds_word_fail(l, values[CONSTRAINT_COPY], "copy", copy_name, rule);
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

static int take_constraints(const struct ds_loader *l, struct ds_rule *rule,
			    const struct ds_node *list)
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

static int take_rollups(const struct ds_loader *l, struct ds_rule *rule, const struct ds_node *list)
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

/* ---- Words of advice ------------------------------------------------------ */

static int take_advise(const struct ds_loader *l, struct ds_rule *rule, const struct ds_node *node)
{
	const struct ds_node *values[DS_KEYS_MOST];
	int status = node ? ds_take_keys(l, node, DS_SHAPE_ADVISE, values) : 0;

	if (status || !node)
		return status;
	if (!values[ADVISE_ITEMS] && !values[ADVISE_BYTES])
		return ds_kind_fail(l, node, "one of items and bytes");
	if (values[ADVISE_ITEMS])
		rule->advise_items = strtoull(values[ADVISE_ITEMS]->text, NULL, 10);
	if (values[ADVISE_BYTES])
		rule->advise_bytes = strtoull(values[ADVISE_BYTES]->text, NULL, 10);
	rule->advice = ds_join(l, "", values[ADVISE_SAY]->text);
	return rule->advice ? 0 : DS_TROUBLE;
}

static int take_stale(const struct ds_loader *l, struct ds_rule *rule, const struct ds_node *node)
{
	const struct ds_node *values[DS_KEYS_MOST];
	int status = node ? ds_take_keys(l, node, DS_SHAPE_STALE, values) : 0;

	if (!status && node)
		status = ds_check_path(l, values[STALE_PATH]);
	if (status || !node)
		return status;
	if (strpbrk(values[STALE_PATH]->text, "*{"))
		return ds_node_fail(l, values[STALE_PATH],
				    "%s: a wildcard, where one file is meant",
				    values[STALE_PATH]->text);
	rule->stale = ds_join(l, l->start, values[STALE_PATH]->text);
	rule->stale_advice = ds_join(l, "", values[STALE_SAY]->text);
	return rule->stale && rule->stale_advice ? 0 : DS_TROUBLE;
}

/* ---- A rule --------------------------------------------------------------- */

/* In this order: copies speak of statuses and of what items capture, the rest of copies. */
static int fill_rule(const struct ds_loader *l, struct ds_rule *rule,
		     const struct ds_node *values[DS_KEYS_MOST])
{
	enum ds_gap gap =
		ds_node_is(values[RULE_MISSING], "ignore") ? DS_GAP_IGNORED : DS_GAP_REPORTED;
	const struct ds_node *lists;
	int status = take_name(l, rule, values[RULE_NAME]);

	if (!status)
		status = ds_take_vocabulary(l, rule, values[RULE_STATUS]);
	if (!status)
		status = take_items(l, rule, values[RULE_ITEMS], &lists);
	if (!status)
		status = ds_take_copies(l, rule, values[RULE_COPIES], gap);
	if (!status && lists)
		status = take_lists(l, rule, lists);
	if (!status)
		status = take_patterns(l, rule, values[RULE_EXCLUDE], false, &rule->exclude);
	if (!status)
		status = take_patterns(l, rule, values[RULE_ARCHIVED], true, &rule->archived);
	if (!status)
		rule->ignore = ds_take_texts(l, values[RULE_IGNORE], "", &status);
	if (!status)
		status = take_authority(l, rule, values[RULE_AUTHORITY], values[RULE_ROLLUP]);
	if (!status)
		status = take_severities(l, rule, values[RULE_SEVERITY]);
	if (!status)
		status = take_constraints(l, rule, values[RULE_CONSTRAINTS]);
	if (!status)
		status = take_rollups(l, rule, values[RULE_ROLLUP]);
	if (!status)
		status = take_advise(l, rule, values[RULE_ADVISE]);
	return status ? status : take_stale(l, rule, values[RULE_STALE]);
}

/* It names all that a verdict of the rule depends on: the program, the rule, where it is. */
static void make_digest(const struct ds_loader *l, struct ds_rule *rule)
{
	struct ds_sha256 hash;

	ds_sha256_begin(&hash);
	ds_sha256_add(&hash, DS_VERSION, sizeof DS_VERSION);
	ds_sha256_add(&hash, rule->name, strlen(rule->name) + 1);
	ds_sha256_add(&hash, l->start, strlen(l->start) + 1);
	if (l->bytes.len)
		ds_sha256_add(&hash, l->bytes.at, l->bytes.len);
	ds_sha256_end(&hash, rule->digest);
}

/* Where its name belongs among the others. */
static int add_rule(const struct ds_loader *l, const struct ds_rule *rule,
		    const struct ds_node *node)
{
	struct ds_ruleset *set = l->set;
	size_t at = set->count;

	if (at == DS_RULE_LIMIT)
		return ds_node_fail(l, node, "more than %d rules", DS_RULE_LIMIT);
	if (!set->at && !(set->at = ds_table(l, DS_RULE_LIMIT, sizeof *set->at)))
		return DS_TROUBLE;
	while (at > 0 && strcmp(set->at[at - 1]->name, rule->name) > 0)
		at--;
	memmove(set->at + at + 1, set->at + at, (set->count - at) * sizeof *set->at);
	set->at[at] = rule;
	set->count++;
	return 0;
}

int ds_take_rule(const struct ds_loader *l, const struct ds_node *node)
{
	const struct ds_node *values[DS_KEYS_MOST];
	struct ds_rule *rule;
	int status = ds_take_keys(l, node, DS_SHAPE_RULE, values);

	if (status)
		return status;
	rule = ds_table(l, 0, sizeof *rule);
	if (!rule)
		return DS_TROUBLE;
	rule->file = l->builtin ? NULL : ds_join(l, "", l->file);
	rule->origin = node->line;
	rule->root = l->root;
	rule->marker = l->marker;
	rule->by_number = ds_node_is(values[RULE_IDS], "number");
	rule->no_regress = ds_node_is(values[RULE_REGRESS], "refuse");
	if (!rule->file && !l->builtin)
		return DS_TROUBLE;
	status = fill_rule(l, rule, values);
	if (status)
		return status;
	make_digest(l, rule);
	return add_rule(l, rule, values[RULE_NAME]);
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
		const struct ds_rule *const *parts = find_rule(set, rollup->children);
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
