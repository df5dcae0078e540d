#include <string.h>

#include "config_keys.h"

static int find(const struct ds_vocabulary *vocabulary, const char *word)
{
	for (int i = 0; vocabulary->statuses[i].word; i++)
		if (strcmp(vocabulary->statuses[i].word, word) == 0)
			return i;
	return DS_NO_STATUS;
}

static const char *status_word(const void *vocabulary, size_t i)
{
	return ((const struct ds_vocabulary *)vocabulary)->statuses[i].word;
}

int ds_take_status(const struct ds_loader *l, const struct ds_vocabulary *vocabulary,
		   const struct ds_node *node, int *status)
{
	*status = ds_check_text(l, node);
	if (*status)
		return DS_NO_STATUS;
	int found = find(vocabulary, node->text);
	if (found == DS_NO_STATUS)
		*status = ds_word_fail(l, node, "status in order", status_word, vocabulary);
	return found;
}

static ds_status_set one(int status)
{
	return (ds_status_set)1 << status;
}

ds_status_set ds_take_set(const struct ds_loader *l, const struct ds_vocabulary *vocabulary,
			  const struct ds_node *node, int *first, int *status)
{
	const struct ds_node *entry = node->kind == DS_NODE_LIST ? node->first : node;
	const struct ds_node *end = node->kind == DS_NODE_LIST ? NULL : node->next;
	ds_status_set set = 0;

	*first = DS_NO_STATUS;
	if (!entry)
		*status = ds_kind_fail(l, node, "at least one status");
	for (; entry != end && !*status; entry = entry->next) {
		int found = ds_take_status(l, vocabulary, entry, status);
		if (found == DS_NO_STATUS)
			break;
		if (set & one(found))
			*status = ds_node_fail(l, entry, "%s: there already", entry->text);
		set |= one(found);
		if (*first == DS_NO_STATUS)
			*first = found;
	}
	return *status ? 0 : set;
}

/* ---- The order ----------------------------------------------------------- */

struct order {
	const struct ds_loader *l;
	struct ds_status_word *words;
	struct ds_vocabulary *vocabulary;
	int len;
};

static int add_status(struct order *order, const struct ds_node *node, int rank)
{
	int status = ds_check_text(order->l, node);
	if (status)
		return status;
	int before = ds_vocabulary_find(order->vocabulary, ds_text_of(node->text));
	if (before != DS_NO_STATUS)
		return ds_node_fail(order->l, node, "%s: there already, in line %zu", node->text,
				    order->words[before].origin);
	if (order->len == DS_STATUS_LIMIT)
		return ds_node_fail(order->l, node, "more than %d statuses", DS_STATUS_LIMIT);
	const char *word = ds_join(order->l, "", node->text);
	order->words[order->len++] =
		(struct ds_status_word){.word = word, .rank = rank, .origin = node->line};
	return word ? 0 : DS_TROUBLE;
}

static int take_order(struct order *order, const struct ds_node *list)
{
	int status = list->count ? 0 : ds_kind_fail(order->l, list, "at least one status");
	int rank = 0;

	for (const struct ds_node *node = list->first; node && !status; node = node->next) {
		const struct ds_node *entry = node->first;
		if (node->kind != DS_NODE_LIST)
			status = add_status(order, node, rank);
		else if (!entry)
			status = ds_kind_fail(order->l, node, "at least one status");
		for (; node->kind == DS_NODE_LIST && entry && !status; entry = entry->next)
			status = add_status(order, entry, rank);
		rank++;
	}
	return status;
}

/* ---- What is said of statuses --------------------------------------------- */

static int mark(struct order *order, const struct ds_node *list, bool terminal)
{
	int status = 0;
	int first;

	if (!list || !list->count)
		return 0;
	ds_status_set set = ds_take_set(order->l, order->vocabulary, list, &first, &status);
	for (int i = 0; i < order->len && !status; i++) {
		if (terminal)
			order->words[i].terminal = set & one(i);
		else
			order->words[i].in_progress = set & one(i);
	}
	return status;
}

/* Where nobody says what ends an item, it is what comes last. */
static void mark_last(struct order *order)
{
	for (int i = 0; i < order->len; i++)
		order->words[i].terminal =
			order->words[i].rank &&
			order->words[i].rank == order->words[order->len - 1].rank;
}

/* As vocabulary.h has them: a line each. */
static int take_next(struct order *order, int from, const struct ds_node *list)
{
	struct ds_buf next = {0};
	int status = list->kind == DS_NODE_LIST ? 0 : ds_kind_fail(order->l, list, "a list");

	for (const struct ds_node *node = list->first; node && !status; node = node->next) {
		int to = ds_take_status(order->l, order->vocabulary, node, &status);
		if (!status && to == from)
			status = ds_node_fail(order->l, node, "%s: a status may always stay",
					      node->text);
		if (!status)
			ds_buf_printf(&next, "%s%s", next.len ? "\n" : "", node->text);
	}
	if (!status && next.failed)
		status = ds_fail_memory(order->l->err);
	if (!status &&
	    !(order->words[from].next = ds_join(order->l, "", next.len ? next.bytes : "")))
		status = DS_TROUBLE;
	ds_buf_free(&next);
	return status;
}

static int take_transitions(struct order *order, const struct ds_node *mapping)
{
	int status = 0;

	for (const struct ds_node *node = mapping->first; node && !status; node = node->next) {
		int from = ds_take_status(order->l, order->vocabulary, node->key, &status);
		if (!status)
			status = take_next(order, from, node);
	}
	return status;
}

/* ---- Aliases ------------------------------------------------------------- */

static int check_alias(const struct order *order, const struct ds_node *key)
{
	const struct ds_vocabulary *vocabulary = order->vocabulary;
	int status = ds_check_text(order->l, key);
	struct ds_text text = ds_text_of(key->text);

	if (status)
		return status;
	if (strcmp(key->text, "*") == 0)
		return ds_node_fail(order->l, key, "*: then every word would be known");
	if (key->text[strcspn(key->text, "*")] && key->text[strcspn(key->text, "*") + 1])
		return ds_node_fail(order->l, key, "%s: a * may be there once, at the end",
				    key->text);
	int same = ds_vocabulary_find(vocabulary, text);
	/* Another alias may mean it too, where that begins so; but not the same one. */
	for (const struct ds_status_alias *alias = vocabulary->aliases; alias->word; alias++)
		if (ds_text_equal_but_for_case(text, ds_text_of(alias->word)) &&
		    (vocabulary->any_case || strcmp(alias->word, key->text) == 0))
			return ds_node_fail(order->l, key, "%s: there already, in line %zu",
					    key->text, alias->origin);
	for (int i = 0; same != DS_NO_STATUS && i < order->len; i++)
		if (vocabulary->any_case
			    ? ds_text_equal_but_for_case(text, ds_text_of(order->words[i].word))
			    : ds_text_is(text, order->words[i].word))
			return ds_node_fail(order->l, key, "%s: is a status itself, in line %zu",
					    key->text, order->words[i].origin);
	return 0;
}

static int take_aliases(struct order *order, const struct ds_node *mapping)
{
	struct ds_status_alias *aliases = ds_table(order->l, mapping->count, sizeof *aliases);
	int status = aliases ? 0 : DS_TROUBLE;

	order->vocabulary->aliases = aliases;
	for (const struct ds_node *node = mapping->first; node && !status; node = node->next) {
		int found = DS_NO_STATUS;
		status = check_alias(order, node->key);
		if (!status)
			found = ds_take_status(order->l, order->vocabulary, node, &status);
		if (status)
			break;
		*aliases = (struct ds_status_alias){.word = ds_join(order->l, "", node->key->text),
						    .canonical = order->words[found].word,
						    .origin = node->key->line};
		status = aliases++->word ? 0 : DS_TROUBLE;
	}
	return status;
}

int ds_take_vocabulary(const struct ds_loader *l, struct ds_rule *rule, const struct ds_node *node)
{
	const struct ds_node *values[DS_KEYS_MOST];
	struct order order = {.l = l};
	int status = ds_take_keys(l, node, DS_SHAPE_STATUS, values);

	if (status)
		return status;
	order.words = ds_table(l, DS_STATUS_LIMIT, sizeof *order.words);
	order.vocabulary = ds_table(l, 0, sizeof *order.vocabulary);
	if (!order.words || !order.vocabulary)
		return DS_TROUBLE;
	*order.vocabulary =
		(struct ds_vocabulary){.statuses = order.words,
				       .any_case = ds_node_is(values[STATUS_CASE], "ignore"),
				       .any_step = !values[STATUS_TRANSITIONS]};
	rule->vocabulary = order.vocabulary;
	status = take_order(&order, values[STATUS_ORDER]);
	if (!status && values[STATUS_ALIAS])
		status = take_aliases(&order, values[STATUS_ALIAS]);
	if (!status)
		status = mark(&order, values[STATUS_IN_PROGRESS], false);
	if (!status && values[STATUS_TERMINAL])
		status = mark(&order, values[STATUS_TERMINAL], true);
	else if (!status)
		mark_last(&order);
	if (!status && values[STATUS_TRANSITIONS])
		status = take_transitions(&order, values[STATUS_TRANSITIONS]);
	return status;
}
