/* Which items a scan is about. */
#include <stdlib.h>
#include <string.h>

#include "rules.h"
#include "scan.h"
#include "text.h"

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

static int drop_absent(const struct ds_scan *scan, struct ds_items *items, ds_error *err)
{
	size_t kept = 0;
	for (size_t i = 0; i < items->len; i++) {
		bool exists;
		int status = ds_item_exists(scan->rule, scan->source, &items->at[i], &exists, err);
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
	return status ? status : drop_absent(s->scan, &s->out->skipped, err);
}

/* ---- By id -------------------------------------------------------------- */

enum { CANDIDATES_SHOWN = 5 };

static int add_trouble(struct selection *s, struct ds_buf *line, ds_error *err)
{
	struct ds_scanned *out = s->out;
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

/* Every item there is, the archived ones marked as such. */
static int list_known(struct selection *s, ds_error *err)
{
	if (s->listed)
		return 0;
	struct ds_expansion expansion = s->expansion;
	expansion.items = &s->known;
	expansion.archived = &s->known;
	int status = ds_expand(&expansion, err);
	ds_items_sort(&s->known);
	s->listed = true;
	return status;
}

/* The known items that fit best; those in reach, or else those that are not. */
struct candidates {
	const char *given;
	bool archived;
	enum ds_id_fit fit;
	struct ds_items items;
};

static int gather(struct selection *s, struct candidates *c, ds_error *err)
{
	for (size_t i = 0; i < s->known.len; i++) {
		const struct ds_item *item = &s->known.at[i];
		enum ds_id_fit fit = ds_id_fit(item->id, c->given);
		bool exists;
		if (item->archived && !s->scan->all && !c->archived)
			continue;
		if (fit == DS_ID_OTHER || fit < c->fit)
			continue;
		int status = ds_item_exists(s->scan->rule, s->scan->source, item, &exists, err);
		if (status)
			return status;
		if (!exists)
			continue;
		if (fit > c->fit)
			c->items.len = 0;
		c->fit = fit;
		if (!ds_items_add(&c->items, item))
			return ds_fail_memory(err);
	}
	return 0;
}

static void say_candidates(struct ds_buf *line, const struct candidates *c)
{
	size_t shown = c->items.len < CANDIDATES_SHOWN ? c->items.len : CANDIDATES_SHOWN;
	for (size_t i = 0; i < shown; i++) {
		ds_buf_puts(line, i ? ", " : "");
		ds_escape(line, ds_text_of(c->items.at[i].id));
	}
	if (shown < c->items.len)
		ds_buf_printf(line, " and %zu more", c->items.len - shown);
}

static int refuse(struct selection *s, struct candidates *c, ds_error *err)
{
	struct ds_buf line = {0};

	ds_escape(&line, ds_text_of(c->given));
	if (c->archived && c->items.len) {
		ds_buf_puts(&line, ": no such item here; in a skipped directory there is ");
		say_candidates(&line, c);
		ds_buf_puts(&line, ": use --all");
	} else if (c->items.len) {
		ds_buf_puts(&line, ": fits more than one item: ");
		say_candidates(&line, c);
		ds_buf_puts(&line, ": give the full id");
	} else if (s->blind) {
		ds_buf_puts(&line, ": cannot be looked for: a directory could not be listed");
	} else {
		ds_buf_printf(&line, ": no such item: no id, number or prefix of the rule %s fits",
			      s->scan->rule->name);
	}
	int status = add_trouble(s, &line, err);
	ds_buf_free(&line);
	return status;
}

/* With --all several items may have one and the same id: they are all meant, and the
 * duplicate is a finding. They were gathered in order. */
static bool is_settled(const struct candidates *c)
{
	const struct ds_items *items = &c->items;
	return items->len && strcmp(items->at[0].id, items->at[items->len - 1].id) == 0;
}

static int take(struct selection *s, const struct candidates *c, ds_error *err)
{
	for (size_t i = 0; i < c->items.len; i++)
		if (!ds_items_add(&s->out->items, &c->items.at[i]))
			return ds_fail_memory(err);
	return 0;
}

static int select_listed(struct selection *s, const char *given, ds_error *err)
{
	struct candidates c = {.given = given};
	int status = list_known(s, err);

	if (!status)
		status = gather(s, &c, err);
	if (!status && is_settled(&c)) {
		status = take(s, &c, err);
	} else if (!status) {
		if (!c.items.len && !s->scan->all) {
			c.archived = true;
			status = gather(s, &c, err);
		}
		if (!status)
			status = refuse(s, &c, err);
	}
	ds_items_free(&c.items);
	return status;
}

static int select_id(struct selection *s, const char *given, ds_error *err)
{
	struct ds_buf line = {0};
	size_t before = s->out->items.len;
	int status = 0;

	if (!ds_id_is_sound(given)) {
		ds_buf_puts(&line, "'");
		ds_escape(&line, ds_text_of(given));
		ds_buf_puts(&line, "': not an id: one is not empty and has no \"/\", no \"..\" and "
				   "no control characters");
		status = add_trouble(s, &line, err);
		ds_buf_free(&line);
		return status;
	}
	/* A full id needs no list, unless an archived twin of it has to be found. */
	if (!s->scan->all)
		status = ds_expand_one(&s->expansion, given, err);
	if (status || s->out->items.len > before)
		return status;
	return select_listed(s, given, err);
}

/* The same item may be asked for twice. */
static void drop_repeated(struct ds_items *items)
{
	size_t kept = 0;
	ds_items_sort(items);
	for (size_t i = 0; i < items->len; i++)
		if (!kept || strcmp(items->at[kept - 1].path, items->at[i].path) != 0)
			items->at[kept++] = items->at[i];
	items->len = kept;
	for (size_t i = 1; i < items->len; i++)
		if (strcmp(items->at[i - 1].id, items->at[i].id) == 0)
			items->at[i - 1].twin = items->at[i].twin = true;
}

int ds_select(const struct ds_scan *scan, struct ds_scanned *out, ds_error *err)
{
	struct selection s = {.scan = scan, .out = out};
	int status = 0;

	s.expansion = (struct ds_expansion){.rule = scan->rule,
					    .source = scan->source,
					    .strings = &out->strings,
					    .items = &out->items,
					    .problem = on_problem,
					    .context = &s};
	if (!scan->ids)
		status = select_all(&s, err);
	for (size_t i = 0; scan->ids && i < scan->id_count && !status; i++)
		status = select_id(&s, scan->ids[i], err);
	drop_repeated(&out->items);
	ds_items_free(&s.known);
	return status;
}
