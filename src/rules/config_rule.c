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

const struct ds_rule *const *ds_find_rule(const struct ds_ruleset *set, const char *name)
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
	const struct ds_rule *const *before = ds_find_rule(l->set, rule->name);
	return before ? refuse_name(l, node, *before) : 0;
}

/* ---- Items --------------------------------------------------------------- */

static bool has_id(const char *pattern)
{
	return strstr(pattern, "{id}") != NULL;
}

static int take_pattern(const struct ds_loader *l, struct ds_rule *rule, const struct ds_node *node)
{
	int status = ds_check_path(l, node, true);

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

static int take_lists(const struct ds_loader *l, struct ds_rule *rule, const struct ds_node *node)
{
	int copy;
	int status = ds_take_copy_name(l, rule, node, &copy);

	if (status)
		return status;
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
		status = ds_check_path(l, node, with_id);
		if (!status && with_id && !has_id(node->text))
			status = ds_node_fail(l, node, "%s: has no {id}", node->text);
	}
	if (!status)
		*out = ds_take_texts(l, list, l->start, &status);
	return status;
}

static int take_ignored(const struct ds_loader *l, struct ds_rule *rule, const struct ds_node *list)
{
	int status = 0;
	ds_error why;

	for (const struct ds_node *node = list ? list->first : NULL; node && !status;
	     node = node->next) {
		if (strchr(node->text, '{'))
			status = ds_node_fail(l, node, "%s: in an id only * stands for others",
					      node->text);
		else if (ds_pattern_check(node->text, &why))
			status = ds_node_fail(l, node, "%s: %s", node->text, why.message);
	}
	if (!status)
		rule->ignore = ds_take_texts(l, list, "", &status);
	return status;
}

/* ---- Authority, severities ------------------------------------------------ */

static const char *authority_word(const void *rule, size_t i)
{
	static const char *const words[] = {"ahead", "report", "parts"};
	return i < 3 ? words[i] : ((const struct ds_rule *)rule)->copies[i - 3].name;
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
		status = ds_check_path(l, values[STALE_PATH], false);
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
		status = take_ignored(l, rule, values[RULE_IGNORE]);
	if (!status)
		status = ds_check_claims(l, rule, values[RULE_COPIES]);
	if (!status)
		status = take_authority(l, rule, values[RULE_AUTHORITY], values[RULE_ROLLUP]);
	if (!status)
		status = take_severities(l, rule, values[RULE_SEVERITY]);
	if (!status)
		status = ds_take_constraints(l, rule, values[RULE_CONSTRAINTS]);
	if (!status)
		status = ds_take_rollups(l, rule, values[RULE_ROLLUP]);
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
	rule->used = l->used ? ds_join(l, "", l->used) : NULL;
	rule->origin = node->line;
	rule->root = l->root;
	rule->marker = l->marker;
	rule->by_number = ds_node_is(values[RULE_IDS], "number");
	rule->no_regress = ds_node_is(values[RULE_REGRESS], "refuse");
	if ((!rule->file && !l->builtin) || (!rule->used && l->used))
		return DS_TROUBLE;
	status = fill_rule(l, rule, values);
	if (status)
		return status;
	make_digest(l, rule);
	return add_rule(l, rule, values[RULE_NAME]);
}
