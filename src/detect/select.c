/* Which items a scan is about. */
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "rules.h"
#include "scan.h"
#include "text.h"

/* One rule's. */
struct selection {
	const struct ds_scan *scan;
	struct ds_scanned *out;
	struct ds_expansion expansion;
	bool listed;           /* `known` is filled */
	bool blind;            /* not every directory could be listed */
	struct ds_items known; /* every item that is in reach, once one id needed a list */
};

/* A directory that cannot be listed may hold items: that is a finding. A shelf that is
 * skipped is only counted: `--all` will say that it cannot be. */
static int on_problem(void *context, const char *path, bool shelf, const char *why, ds_error *err)
{
	struct selection *s = context;
	s->blind = true;
	if (shelf && !s->scan->all) {
		s->out->shelves_unlisted++;
		return 0;
	}
	struct ds_arena *strings = &s->out->strings;
	const struct ds_code_info *info = ds_code_info(DS_UNREADABLE);
	struct ds_buf message = {0};
	ds_copy *place = ds_arena_alloc(strings, sizeof *place);
	const char *shown = *path ? path : ".";

	ds_buf_printf(&message, "the directory %s %s: %s", shown, info->phrase, why);
	ds_finding finding = {.code = DS_UNREADABLE,
			      .severity = info->severity,
			      .rule = s->scan->rule->name,
			      .advice = "make it a directory that you may read, then look again",
			      .copies = place,
			      .copy_count = 1};
	finding.message = message.failed ? NULL : ds_arena_string(strings, message.bytes);
	ds_buf_free(&message);
	if (!place || !finding.message || !(place->path = ds_arena_string(strings, shown)))
		return ds_fail_memory(err);
	place->name = place->path;
	return ds_findings_add(&s->out->findings, &finding) ? 0 : ds_fail_memory(err);
}

/* ---- Every item --------------------------------------------------------- */

static bool has_record(const struct selection *s, const struct ds_item *item)
{
	const struct ds_copy_rule *copies = s->scan->rule->copies;
	const struct ds_entry *first;

	for (int i = 0; copies[i].name; i++)
		if (copies[i].many && copies[i].from == DS_FROM_SOURCE &&
		    ds_ledger_find(&s->out->ledgers[i], item->id, &first))
			return true;
	return false;
}

static int look(const struct selection *s, const struct ds_item *item, bool *exists, ds_error *err)
{
	*exists = has_record(s, item);
	return *exists ? 0 : ds_item_exists(s->scan->rule, s->scan->source, item, exists, err);
}

static int drop_absent(const struct selection *s, struct ds_items *items, ds_error *err)
{
	size_t kept = 0;
	for (size_t i = 0; i < items->len; i++) {
		bool exists;
		int status = look(s, &items->at[i], &exists, err);
		if (status)
			return status;
		if (exists)
			items->at[kept++] = items->at[i];
	}
	items->len = kept;
	return 0;
}

static int select_all(struct selection *s, ds_error *err)
{
	s->expansion.archived = s->scan->all ? &s->out->items : &s->out->skipped;
	int status = ds_expand(&s->expansion, err);
	if (!status)
		status = ds_add_listed(s->scan, s->out, &s->out->items, err);
	return status ? status : drop_absent(s, &s->out->skipped, err);
}

/* ---- By id -------------------------------------------------------------- */

enum { CANDIDATES_SHOWN = 5 };

struct candidate {
	struct selection *in;
	struct ds_item item;
};

/* For one id, in every rule: what fits it best, of the items in reach or else of those that
 * are not. */
struct search {
	struct selection *rules;
	size_t count;
	const char *given;
	bool archived;
	enum ds_id_fit fit;
	struct candidate *at;
	size_t len;
	size_t room;
};

static bool add_candidate(struct search *search, struct selection *in, const struct ds_item *item)
{
	if (!ds_grow(&search->at, &search->room, search->len, sizeof *search->at))
		return false;
	search->at[search->len++] = (struct candidate){in, *item};
	return true;
}

/* Every item there is, the archived ones marked as such. */
static int list_known(struct selection *s, ds_error *err)
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
static enum ds_id_fit fit_of(const struct selection *s, const char *id, const char *given)
{
	struct ds_text key = ds_id_key(s->scan->rule, ds_text_of(given));

	if (s->scan->rule->by_number && *id >= '0' && *id <= '9')
		return is_number(given, key) && ds_text_is(key, id) ? DS_ID_NUMBER : DS_ID_OTHER;
	return ds_id_fit(id, given);
}

/* Those of the rule that fit at least as well as what was found so far. */
static int gather(struct search *search, struct selection *s, const char *id, enum ds_id_fit least,
		  ds_error *err)
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
		status = look(s, item, &exists, err);
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
static int gather_full(struct search *search, struct selection *s, const char *id, ds_error *err)
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

/* In all rules, or in those that are called so. */
static int search_rules(struct search *search, const char *id, struct ds_text rule,
			enum ds_rule_fit called, ds_error *err)
{
	int status = 0;

	for (int full = 1; full >= 0 && !search->len; full--)
		for (size_t i = 0; i < search->count && !status; i++) {
			struct selection *s = &search->rules[i];
			if (called && ds_rule_fit(s->scan->rule, rule) != called)
				continue;
			status = full ? gather_full(search, s, id, err)
				      : gather(search, s, id, DS_ID_PREFIX, err);
		}
	return status;
}

/* ---- What is wrong with an id ------------------------------------------- */

/* Of no single rule: with that of the first. */
static int add_trouble(struct search *search, struct ds_buf *line, ds_error *err)
{
	struct ds_scanned *out = search->rules[0].out;
	const char **trouble =
		realloc(out->trouble, (out->trouble_count + 1) * sizeof *out->trouble);

	if (!trouble)
		return ds_fail_memory(err);
	out->trouble = trouble;
	char *kept = line->failed ? NULL : ds_arena_string(&out->strings, line->bytes);
	if (!kept)
		return ds_fail_memory(err);
	out->trouble[out->trouble_count++] = kept;
	return 0;
}

static bool are_of_several_rules(const struct search *search)
{
	for (size_t i = 1; i < search->len; i++)
		if (search->at[i].in != search->at[0].in)
			return true;
	return false;
}

static void say_candidates(struct ds_buf *line, const struct search *search)
{
	size_t shown = search->len < CANDIDATES_SHOWN ? search->len : CANDIDATES_SHOWN;
	bool several = are_of_several_rules(search);

	for (size_t i = 0; i < shown; i++) {
		ds_buf_puts(line, i ? ", " : "");
		if (several)
			ds_buf_printf(line, "%s:", search->at[i].in->scan->rule->name);
		ds_escape(line, ds_text_of(search->at[i].item.id));
	}
	if (shown < search->len)
		ds_buf_printf(line, " and %zu more", search->len - shown);
}

static bool is_blind(const struct search *search)
{
	for (size_t i = 0; i < search->count; i++)
		if (search->rules[i].blind)
			return true;
	return false;
}

static void say_none(struct ds_buf *line, const struct search *search)
{
	ds_buf_puts(line, ": no such item: no id, number or prefix of ");
	if (search->count == 1)
		ds_buf_printf(line, "the rule %s fits", search->rules[0].scan->rule->name);
	else
		ds_buf_printf(line, "the %zu rules fits", search->count);
}

static int refuse(struct search *search, ds_error *err)
{
	struct ds_buf line = {0};

	ds_escape(&line, ds_text_of(search->given));
	if (search->archived && search->len) {
		ds_buf_puts(&line, ": no such item here; in a skipped directory there is ");
		say_candidates(&line, search);
		ds_buf_puts(&line, ": use --all");
	} else if (are_of_several_rules(search)) {
		ds_buf_puts(&line, ": items of several rules have this id: ");
		say_candidates(&line, search);
		ds_buf_puts(&line, ": say which");
	} else if (search->len) {
		ds_buf_puts(&line, ": fits more than one item: ");
		say_candidates(&line, search);
		ds_buf_puts(&line, ": give the full id");
	} else if (is_blind(search)) {
		ds_buf_puts(&line, ": cannot be looked for: a directory could not be listed");
	} else {
		say_none(&line, search);
	}
	int status = add_trouble(search, &line, err);
	ds_buf_free(&line);
	return status;
}

static int refuse_unsound(struct search *search, ds_error *err)
{
	struct ds_buf line = {0};

	ds_buf_puts(&line, "'");
	ds_escape(&line, ds_text_of(search->given));
	ds_buf_puts(&line, "': not an id: one is not empty and has no \"/\", no \"..\" and "
			   "no control characters");
	int status = add_trouble(search, &line, err);
	ds_buf_free(&line);
	return status;
}

/* ---- One id ------------------------------------------------------------- */

/* With --all several items of a rule may have one and the same id: they are all meant, and
 * the duplicate is a finding. */
static bool is_settled(const struct search *search)
{
	for (size_t i = 1; i < search->len; i++)
		if (search->at[i].in != search->at[0].in ||
		    strcmp(search->at[i].item.id, search->at[0].item.id) != 0)
			return false;
	return search->len && !search->archived;
}

/* A person who named the rule had to, or may: what is printed names it, too. */
static int take(const struct search *search, bool named, ds_error *err)
{
	for (size_t i = 0; i < search->len; i++) {
		struct candidate *c = &search->at[i];
		c->item.shared_id = named;
		if (!ds_items_add(&c->in->out->items, &c->item))
			return ds_fail_memory(err);
	}
	return 0;
}

/* How well the best of the rules is called so. */
static enum ds_rule_fit called_best(const struct search *search, struct ds_text name)
{
	enum ds_rule_fit best = DS_RULE_OTHER;

	for (size_t i = 0; i < search->count; i++) {
		enum ds_rule_fit fit = ds_rule_fit(search->rules[i].scan->rule, name);
		best = fit > best ? fit : best;
	}
	return best;
}

/* The name of a rule that it begins with, and a colon; there may be more of them in both. */
static enum ds_rule_fit find_name(const struct search *search, struct ds_text *name)
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
static int find(struct search *search, bool *named, bool *sound, ds_error *err)
{
	const char *given = search->given;
	struct ds_text name = {0};
	enum ds_rule_fit called = find_name(search, &name);
	const char *id = called ? given + name.len + 1 : given;
	int status = 0;

	*sound = ds_id_is_sound(id);
	*named = false;
	for (size_t i = 0; called && ds_id_is_sound(given) && i < search->count && !status; i++)
		status = gather_full(search, &search->rules[i], given, err);
	if (status || search->len || !*sound)
		return status;
	*named = called;
	status = search_rules(search, id, name, called, err);
	if (status || search->len || search->rules[0].scan->all)
		return status;
	search->archived = true;
	return search_rules(search, id, name, called, err);
}

static int select_id(struct selection *rules, size_t count, const char *given, ds_error *err)
{
	struct search search = {.rules = rules, .count = count, .given = given};
	bool named;
	bool sound;

	int status = find(&search, &named, &sound, err);
	if (!status && is_settled(&search))
		status = take(&search, named, err);
	else if (!status)
		status = sound || search.len ? refuse(&search, err) : refuse_unsound(&search, err);
	free(search.at);
	return status;
}

/* ---- All of it ---------------------------------------------------------- */

/* The same item may be asked for twice. */
static void drop_repeated(struct ds_items *items)
{
	size_t kept = 0;
	ds_items_sort(items);
	for (size_t i = 0; i < items->len; i++)
		if (!kept || strcmp(items->at[kept - 1].path, items->at[i].path) != 0 ||
		    strcmp(items->at[kept - 1].id, items->at[i].id) != 0)
			items->at[kept++] = items->at[i];
	items->len = kept;
	for (size_t i = 1; i < items->len; i++)
		if (strcmp(items->at[i - 1].id, items->at[i].id) == 0)
			items->at[i - 1].twin = items->at[i].twin = true;
}

/* Both are in the order of ids. Of several with one id no command can mean any. */
static void mark_shared(struct ds_items *a, struct ds_items *b)
{
	for (size_t i = 0, k = 0; i < a->len && k < b->len;) {
		int order = strcmp(a->at[i].id, b->at[k].id);
		if (order == 0)
			a->at[i].shared_id = b->at[k].shared_id = true;
		if (order <= 0)
			i++;
		else
			k++;
	}
}

static int select_each(struct selection *rules, size_t count, ds_error *err)
{
	const struct ds_scan *first = rules[0].scan;
	int status = 0;

	for (size_t i = 0; !first->ids && i < count && !status; i++)
		status = select_all(&rules[i], err);
	for (size_t i = 0; first->ids && i < first->id_count && !status; i++)
		status = select_id(rules, count, first->ids[i], err);
	return status;
}

/* A number may be meant for an item of any other rule. */
static void settle(struct selection *s, bool several)
{
	struct ds_items *items = &s->out->items;
	bool shared = s->scan->qualify || (several && s->scan->rule->by_number);

	drop_repeated(items);
	for (size_t i = 0; shared && i < items->len; i++)
		items->at[i].shared_id = true;
	ds_items_free(&s->known);
}

int ds_select_from(const struct ds_scan *scans, struct ds_scanned *outs, size_t count,
		   ds_error *err)
{
	struct selection *rules = calloc(count + 1, sizeof *rules);

	if (!rules)
		return ds_fail_memory(err);
	for (size_t i = 0; i < count; i++) {
		rules[i].scan = &scans[i];
		rules[i].out = &outs[i];
		rules[i].expansion = (struct ds_expansion){.rule = scans[i].rule,
							   .source = scans[i].source,
							   .strings = &outs[i].strings,
							   .items = &outs[i].items,
							   .problem = on_problem,
							   .context = &rules[i]};
	}
	int status = count ? select_each(rules, count, err) : 0;
	for (size_t i = 0; i < count; i++)
		settle(&rules[i], count > 1);
	for (size_t i = 0; i < count && !scans[0].ids; i++)
		for (size_t k = 0; k < i; k++)
			mark_shared(&outs[k].items, &outs[i].items);
	free(rules);
	return status;
}

int ds_select(const struct ds_scan *scan, struct ds_scanned *out, ds_error *err)
{
	return ds_select_from(scan, out, 1, err);
}
