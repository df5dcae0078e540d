#include "words.h"

#include "compare.h"
#include "rules.h"

enum { KEPT = 200 }; /* of a status in a finding */

bool ds_has_text(const struct ds_seen_copy *copy)
{
	return copy->reading.code == DS_NO_CODE;
}

bool ds_is_from_head(const struct ds_desk *desk, int i)
{
	return desk->rule->copies[i].from == DS_FROM_HEAD;
}

const char *ds_word_of(const struct ds_desk *desk, int status)
{
	return desk->rule->vocabulary->statuses[status].word;
}

const char *ds_name_of(const struct ds_desk *desk, int copy)
{
	return desk->rule->copies[copy].name;
}

unsigned ds_judged_copies(const struct ds_desk *desk)
{
	unsigned which = 0;

	for (int i = 0; i < desk->copy_count; i++)
		which |= ds_has_text(&desk->copies[i]) && !ds_is_from_head(desk, i) ? 1u << i : 0;
	return which;
}

/* ---- Sentences ----------------------------------------------------------- */

void ds_say_text(struct ds_buf *line, struct ds_text text, size_t limit)
{
	size_t len = ds_utf8_fit(text, limit);
	ds_buf_append(line, text.at, len);
	if (len < text.len)
		ds_buf_puts(line, "…");
}

void ds_say_defect(struct ds_words *w, const struct ds_reading *reading)
{
	ds_buf_printf(&w->line, " %s", ds_code_info(reading->code)->phrase);
	if (reading->why[0])
		ds_buf_printf(&w->line, ": %s", reading->why);
}

const char *ds_words_keep(struct ds_words *w)
{
	const char *kept = w->line.failed || !w->line.bytes
				   ? NULL
				   : ds_arena_copy(w->strings, w->line.bytes, w->line.len);
	ds_buf_cut(&w->line, 0);
	return kept;
}

/* ---- Findings ------------------------------------------------------------ */

static void place(ds_copy *copy, const struct ds_seen_copy *seen)
{
	if (seen->reading.placed)
		ds_seen_position(seen, seen->reading.start, &copy->line, &copy->column);
}

static bool fill_copy(struct ds_words *w, ds_copy *copy, int i)
{
	const struct ds_seen_copy *seen = &w->desk->copies[i];

	copy->name = ds_name_of(w->desk, i);
	copy->path = ds_arena_string(w->strings, seen->path);
	copy->revision = ds_is_from_head(w->desk, i) ? "HEAD" : NULL;
	place(copy, seen);
	if (ds_has_text(seen)) {
		ds_say_text(&w->line, seen->reading.text, KEPT);
		copy->status = ds_words_keep(w);
		if (!copy->status)
			return false;
	}
	if (seen->status != DS_NO_STATUS)
		copy->canonical = ds_word_of(w->desk, seen->status);
	return copy->path != NULL;
}

bool ds_begin_empty(struct ds_words *w, ds_finding *finding, ds_code code, size_t room)
{
	const struct ds_code_info *info = ds_code_info(code);
	const struct ds_rule *rule = w->desk->rule;
	ds_copy *copies = ds_arena_alloc(w->strings, room * sizeof *copies);

	*finding = (ds_finding){.code = code,
				.alias = info->alias,
				.severity = ds_severity_in(rule, code),
				.rule = rule->name,
				.item = w->item->id,
				.advice = info->advice,
				.copies = copies};
	return copies != NULL;
}

/* Adds the copies whose bit is set; it has room for them. */
bool ds_add_copies(struct ds_words *w, ds_finding *finding, unsigned which)
{
	ds_copy *copies = (ds_copy *)finding->copies;

	for (int i = 0; i < w->desk->copy_count; i++)
		if ((which & 1u << i) && !fill_copy(w, &copies[finding->copy_count++], i))
			return false;
	return true;
}

bool ds_begin_finding(struct ds_words *w, ds_finding *finding, ds_code code, unsigned which)
{
	return ds_begin_empty(w, finding, code, DS_COPY_LIMIT) && ds_add_copies(w, finding, which);
}

bool ds_add_finding(struct ds_words *w, ds_finding *finding, struct ds_findings *findings)
{
	finding->message = ds_words_keep(w);
	return finding->message && ds_findings_add(findings, finding);
}
