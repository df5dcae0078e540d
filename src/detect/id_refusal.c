/* What is wrong with an id. */
#include <stdlib.h>

#include "id_search.h"

enum { CANDIDATES_SHOWN = 5 };

bool ds_candidates_of_several_rules(const struct ds_id_search *search)
{
	for (size_t i = 1; i < search->len; i++)
		if (search->at[i].in != search->at[0].in)
			return true;
	return false;
}

/* To be given to a shell, unless that cannot be printed. */
static void say_name(struct ds_buf *line, const char *name)
{
	struct ds_text text = ds_text_of(name);

	if (ds_needs_escape(text))
		ds_escape(line, text);
	else
		ds_shell_quote(line, text);
}

static void say_candidates(struct ds_buf *line, const struct ds_id_search *search)
{
	size_t shown = search->len < CANDIDATES_SHOWN ? search->len : CANDIDATES_SHOWN;
	bool several = ds_candidates_of_several_rules(search);

	for (size_t i = 0; i < shown; i++) {
		ds_buf_puts(line, i ? ", " : "");
		if (several) {
			say_name(line, search->at[i].in->scan->rule->name);
			ds_buf_puts(line, ":");
		}
		say_name(line, search->at[i].item.id);
	}
	if (shown < search->len)
		ds_buf_printf(line, " and %zu more", search->len - shown);
}

static bool is_blind(const struct ds_id_search *search)
{
	for (size_t i = 0; i < search->count; i++)
		if (search->rules[i].blind)
			return true;
	return false;
}

static void say_none(struct ds_buf *line, const struct ds_id_search *search)
{
	ds_buf_puts(line, ": no such item: no id, number or prefix of ");
	if (search->count == 1)
		ds_buf_printf(line, "the rule %s fits", search->rules[0].scan->rule->name);
	else
		ds_buf_printf(line, "the %zu rules fits", search->count);
}

/* Appends what is wrong, behind the id. */
static void say_why(struct ds_buf *line, const struct ds_id_search *search)
{
	if (search->archived && search->len) {
		ds_buf_puts(line, ": no such item here; in a skipped directory there is ");
		say_candidates(line, search);
		ds_buf_puts(line, ": use --all");
	} else if (ds_candidates_of_several_rules(search)) {
		ds_buf_puts(line, ": items of several rules have this id: ");
		say_candidates(line, search);
		ds_buf_puts(line, ": say which");
	} else if (search->len) {
		ds_buf_puts(line, ": fits more than one item: ");
		say_candidates(line, search);
		ds_buf_puts(line, ": give the full id");
	} else if (is_blind(search)) {
		ds_buf_puts(line, ": cannot be looked for: a directory could not be listed");
	} else {
		say_none(line, search);
	}
}

/* Of no single rule: with that of the first. */
static int add_trouble(struct ds_scanned *out, struct ds_buf *line, ds_error *err)
{
	const char *kept = ds_arena_take(&out->strings, line);
	const char **trouble =
		realloc(out->trouble, (out->trouble_count + 1) * sizeof *out->trouble);

	if (trouble)
		out->trouble = trouble;
	if (!trouble || !kept)
		return ds_fail_memory(err);
	out->trouble[out->trouble_count++] = kept;
	return 0;
}

int ds_id_refuse(const struct ds_id_search *search, ds_error *err)
{
	bool unsound = !search->sound && !search->len;
	struct ds_buf line = {0};

	ds_buf_puts(&line, unsound ? "'" : "");
	ds_escape(&line, ds_text_of(search->given));
	if (unsound)
		ds_buf_puts(&line, "': not an id: one is not empty and has no \"/\", no \"..\" and "
				   "no control characters");
	else
		say_why(&line, search);
	return add_trouble(search->rules[0].out, &line, err);
}
