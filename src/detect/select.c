/* Which items a scan is about. */
#include <stdlib.h>
#include <string.h>

#include "id_search.h"

/* A directory that cannot be listed may hold items: that is a finding. A shelf that is
 * skipped is only counted: `--all` will say that it cannot be. */
static int on_problem(void *context, const char *path, bool shelf, const char *why, ds_error *err)
{
	struct ds_selection *s = context;
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
	finding.message = ds_arena_take(strings, &message);
	if (!place || !finding.message || !(place->path = ds_arena_string(strings, shown)))
		return ds_fail_memory(err);
	place->name = place->path;
	return ds_findings_add(&s->out->findings, &finding) ? 0 : ds_fail_memory(err);
}

/* ---- Every item ---------------------------------------------------------- */

static int drop_absent(const struct ds_selection *s, struct ds_items *items, ds_error *err)
{
	size_t kept = 0;
	for (size_t i = 0; i < items->len; i++) {
		bool exists;
		int status = ds_selection_look(s, &items->at[i], &exists, err);
		if (status)
			return status;
		if (exists)
			items->at[kept++] = items->at[i];
	}
	items->len = kept;
	return 0;
}

static int select_all(struct ds_selection *s, ds_error *err)
{
	s->expansion.archived = s->scan->all ? &s->out->items : &s->out->skipped;
	int status = ds_expand(&s->expansion, err);
	if (!status)
		status = ds_add_listed(s->scan, s->out, &s->out->items, err);
	return status ? status : drop_absent(s, &s->out->skipped, err);
}

/* ---- One id -------------------------------------------------------------- */

/* With --all several items of a rule may have one and the same id: they are all meant, and
 * the duplicate is a finding. */
static bool is_settled(const struct ds_id_search *search)
{
	for (size_t i = 1; i < search->len; i++)
		if (strcmp(search->at[i].item.id, search->at[0].item.id) != 0)
			return false;
	return search->len && !search->archived && !ds_candidates_of_several_rules(search);
}

/* A person who named the rule had to, or may: what is printed names it, too. */
static int take(const struct ds_id_search *search, ds_error *err)
{
	for (size_t i = 0; i < search->len; i++) {
		struct ds_candidate *c = &search->at[i];
		c->item.shared_id = search->named;
		if (!ds_items_add(&c->in->out->items, &c->item))
			return ds_fail_memory(err);
	}
	return 0;
}

static int select_id(struct ds_selection *rules, size_t count, const char *given, ds_error *err)
{
	struct ds_id_search search = {.rules = rules, .count = count, .given = given};
	int status = ds_id_search(&search, err);

	if (!status)
		status = is_settled(&search) ? take(&search, err) : ds_id_refuse(&search, err);
	free(search.at);
	return status;
}

/* ---- All of it ----------------------------------------------------------- */

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

static int select_each(struct ds_selection *rules, size_t count, ds_error *err)
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
static void settle(struct ds_selection *s, bool several)
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
	struct ds_selection *rules = calloc(count + 1, sizeof *rules);

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
