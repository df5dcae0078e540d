#include "id_search.h"

#include <string.h>

#include "array.h"

static bool has_record(const struct ds_selection *s, const struct ds_item *item)
{
	const struct ds_copy_rule *copies = s->scan->rule->copies;
	const struct ds_entry *first;

	for (int i = 0; copies[i].name; i++)
		if (copies[i].many && copies[i].from == DS_FROM_SOURCE &&
		    ds_ledger_find(&s->out->ledgers[i], item->id, &first))
			return true;
	return false;
}

int ds_selection_look(const struct ds_selection *s, const struct ds_item *item, bool *exists,
		      ds_error *err)
{
	*exists = has_record(s, item);
	return *exists ? 0 : ds_item_exists(s->scan->rule, s->scan->source, item, exists, err);
}

/* ---- Of one rule --------------------------------------------------------- */

static bool add_candidate(struct ds_id_search *search, struct ds_selection *in,
			  const struct ds_item *item)
{
	if (!ds_grow(&search->at, &search->room, search->len, sizeof *search->at))
		return false;
	search->at[search->len++] = (struct ds_candidate){in, *item};
	return true;
}

/* Every item there is, the archived ones marked as such. */
static int list_known(struct ds_selection *s, ds_error *err)
{
	if (s->listed)
		return 0;
	struct ds_expansion expansion = s->expansion;
	expansion.items = &s->known;
	expansion.archived = &s->known;
	int status = ds_expand(&expansion, err);
	if (!status)
		status = ds_add_listed(s->scan, s->out, &s->known, err);
	ds_items_sort(&s->known);
	s->listed = true;
	return status;
}

/* Whether a number is all that is given, but for what stands before it: "ADR-7". What goes on
 * behind it, or begins with a rule that there is not, means something else. */
static bool is_number(const char *given, struct ds_text key)
{
	return key.len && strchr("0123456789", *key.at) && !key.at[key.len] && !strchr(given, ':');
}

/* Where ids are numbers, one that is given is never more than that: an item of another rule
 * may be meant by it just as well. */
static enum ds_id_fit fit_of(const struct ds_selection *s, const char *id, const char *given)
{
	struct ds_text key = ds_id_key(s->scan->rule, ds_text_of(given));

	if (s->scan->rule->by_number && *id >= '0' && *id <= '9')
		return is_number(given, key) && ds_text_is(key, id) ? DS_ID_NUMBER : DS_ID_OTHER;
	return ds_id_fit(id, given);
}

/* Those of the rule that fit at least as well as what was found so far. */
static int gather(struct ds_id_search *search, struct ds_selection *s, const char *id,
		  enum ds_id_fit least, ds_error *err)
{
	int status = list_known(s, err);

	for (size_t i = 0; i < s->known.len && !status; i++) {
		const struct ds_item *item = &s->known.at[i];
		enum ds_id_fit fit = fit_of(s, item->id, id);
		bool exists;
		if (item->archived && !s->scan->all && !search->archived)
			continue;
		if (fit < least || fit < search->fit)
			continue;
		status = ds_selection_look(s, item, &exists, err);
		if (status || !exists)
			continue;
		if (fit > search->fit)
			search->len = 0;
		search->fit = fit;
		if (!add_candidate(search, s, item))
			status = ds_fail_memory(err);
	}
	return status;
}

/* A full id needs no list, unless an archived twin of it has to be found. */
static int gather_full(struct ds_id_search *search, struct ds_selection *s, const char *id,
		       ds_error *err)
{
	struct ds_items found = {0};
	struct ds_expansion expansion = s->expansion;
	bool known = false;
	int status = 0;

	expansion.items = &found;
	if (!s->scan->all)
		status = ds_expand_one(&expansion, id, &known, err);
	if (!status && !known)
		status = gather(search, s, id, DS_ID_FULL, err);
	for (size_t i = 0; i < found.len && !status; i++) {
		search->fit = DS_ID_FULL;
		if (!add_candidate(search, s, &found.at[i]))
			status = ds_fail_memory(err);
	}
	ds_items_free(&found);
	return status;
}

/* ---- Of all -------------------------------------------------------------- */

/* In all rules, or in those that are called so. */
static int search_rules(struct ds_id_search *search, const char *id, struct ds_text rule,
			enum ds_rule_fit called, ds_error *err)
{
	int status = 0;

	for (int full = 1; full >= 0 && !search->len; full--)
		for (size_t i = 0; i < search->count && !status; i++) {
			struct ds_selection *s = &search->rules[i];
			if (called && ds_rule_fit(s->scan->rule, rule) != called)
				continue;
			status = full ? gather_full(search, s, id, err)
				      : gather(search, s, id, DS_ID_PREFIX, err);
		}
	return status;
}

/* How well the best of the rules is called so. */
static enum ds_rule_fit called_best(const struct ds_id_search *search, struct ds_text name)
{
	enum ds_rule_fit best = DS_RULE_OTHER;

	for (size_t i = 0; i < search->count; i++) {
		enum ds_rule_fit fit = ds_rule_fit(search->rules[i].scan->rule, name);
		best = fit > best ? fit : best;
	}
	return best;
}

/* The name of a rule that it begins with, and a colon; there may be more of them in both. */
static enum ds_rule_fit find_name(const struct ds_id_search *search, struct ds_text *name)
{
	const char *given = search->given;
	enum ds_rule_fit best = DS_RULE_OTHER;

	for (const char *end = strchr(given, ':'); end; end = strchr(end + 1, ':')) {
		struct ds_text text = {given, (size_t)(end - given)};
		enum ds_rule_fit fit = called_best(search, text);
		if (fit <= best)
			continue;
		best = fit;
		*name = text;
	}
	return best;
}

/* "ID", or "RULE:ID" where no item has all of that as its id. */
int ds_id_search(struct ds_id_search *search, ds_error *err)
{
	const char *given = search->given;
	struct ds_text name = {0};
	enum ds_rule_fit called = find_name(search, &name);
	const char *id = called ? given + name.len + 1 : given;
	int status = 0;

	search->sound = ds_id_is_sound(id);
	for (size_t i = 0; called && ds_id_is_sound(given) && i < search->count && !status; i++)
		status = gather_full(search, &search->rules[i], given, err);
	if (status || search->len || !search->sound)
		return status;
	search->named = called;
	status = search_rules(search, id, name, called, err);
	if (status || search->len || search->rules[0].scan->all)
		return status;
	search->archived = true;
	return search_rules(search, id, name, called, err);
}
