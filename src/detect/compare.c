#include "compare.h"

#include <string.h>

#include "rules.h"

/* ---- Judging ------------------------------------------------------------ */

static bool has_text(const struct ds_seen_copy *copy)
{
	return copy->reading.code == DS_NO_CODE;
}

/* A word that is not known agrees only with itself. */
static bool agree(const struct ds_seen_copy *a, const struct ds_seen_copy *b)
{
	if (a->set && b->set)
		return (a->set & b->set) != 0;
	return ds_text_equal(a->reading.text, b->reading.text);
}

bool ds_disagree(const struct ds_seen_copy *a, const struct ds_seen_copy *b)
{
	return has_text(a) && has_text(b) && !agree(a, b);
}

static bool has_mismatch(const struct ds_desk *desk)
{
	for (int i = 0; i < desk->copy_count; i++)
		for (int j = 0; j < i; j++)
			if (ds_disagree(&desk->copies[i], &desk->copies[j]))
				return true;
	return false;
}

ds_item_state ds_judge(const struct ds_desk *desk)
{
	ds_item_state state = DS_ITEM_AGREES;

	if (has_mismatch(desk))
		return DS_ITEM_DESYNCED;
	for (int i = 0; i < desk->copy_count; i++) {
		ds_code code = desk->copies[i].reading.code;
		if (code == DS_MISSING_COPY || code == DS_MISSING_STATUS)
			state = DS_ITEM_INCOMPLETE;
		else if (code != DS_NO_CODE)
			return DS_ITEM_UNCHECKED;
	}
	return state;
}

int ds_judged_status(const struct ds_desk *desk)
{
	int authority = desk->rule->authority;
	int status = authority == DS_NO_COPY ? DS_NO_STATUS : desk->copies[authority].status;

	for (int i = 0; status == DS_NO_STATUS && i < desk->copy_count; i++)
		status = desk->copies[i].status;
	return status;
}

bool ds_is_absent(const struct ds_desk *desk)
{
	for (int i = 0; i < desk->copy_count; i++)
		if (desk->copies[i].reading.code != DS_MISSING_COPY)
			return false;
	return true;
}

/* ---- Words -------------------------------------------------------------- */

enum {
	SHOWN = 60, /* of a status in a sentence */
	KEPT = 200, /* of a status in a finding */
};

struct words {
	const struct ds_desk *desk;
	const struct ds_item *item;
	struct ds_arena *strings;
	struct ds_buf line; /* the sentence that is being made */
};

static const char *word_of(const struct ds_desk *desk, int status)
{
	return desk->rule->vocabulary->statuses[status].word;
}

static const char *name_of(const struct ds_desk *desk, int copy)
{
	return desk->rule->copies[copy].name;
}

static void say_text(struct ds_buf *line, struct ds_text text, size_t limit)
{
	size_t len = ds_utf8_fit(text, limit);
	ds_buf_append(line, text.at, len);
	if (len < text.len)
		ds_buf_puts(line, "…");
}

/* The sentence so far, kept; NULL when memory ran out on the way. */
static const char *keep(struct words *w)
{
	const char *kept = w->line.failed || !w->line.bytes
				   ? NULL
				   : ds_arena_copy(w->strings, w->line.bytes, w->line.len);
	ds_buf_cut(&w->line, 0);
	return kept;
}

/* A command of ours up to the item, every word fit for a shell. */
static void say_command(struct words *w, const char *program)
{
	ds_buf_printf(&w->line, "%s ", program);
	if (w->desk->where) {
		ds_buf_puts(&w->line, "-C ");
		ds_shell_quote(&w->line, ds_text_of(w->desk->where));
		ds_buf_puts(&w->line, " ");
	}
	if (w->item->archived)
		ds_buf_puts(&w->line, "--all ");
	if (*w->item->id == '-')
		ds_buf_puts(&w->line, "-- ");
	ds_shell_quote(&w->line, ds_text_of(w->item->id));
}

/* ---- Findings ----------------------------------------------------------- */

static void place(ds_copy *copy, const struct ds_seen_copy *seen)
{
	struct ds_text bytes = {seen->blob.bytes.bytes, seen->blob.bytes.len};

	if (seen->reading.placed)
		ds_text_position(bytes, seen->reading.start, &copy->line, &copy->column);
}

static bool fill_copy(struct words *w, ds_copy *copy, int i)
{
	const struct ds_seen_copy *seen = &w->desk->copies[i];

	copy->name = name_of(w->desk, i);
	ds_copy_path(&w->line, w->desk->rule, i, w->item->path, w->item->id);
	copy->path = keep(w);
	place(copy, seen);
	if (has_text(seen)) {
		say_text(&w->line, seen->reading.text, KEPT);
		copy->status = keep(w);
		if (!copy->status)
			return false;
	}
	if (seen->status != DS_NO_STATUS)
		copy->canonical = word_of(w->desk, seen->status);
	return copy->path != NULL;
}

/* Begins a finding about the copies whose bit is set. */
static bool begin(struct words *w, ds_finding *finding, ds_code code, unsigned which)
{
	const struct ds_code_info *info = ds_code_info(code);
	ds_copy *copies = ds_arena_alloc(w->strings, DS_COPY_LIMIT * sizeof *copies);

	*finding = (ds_finding){.code = code,
				.alias = info->alias,
				.severity = info->severity,
				.rule = w->desk->rule->name,
				.item = w->item->id,
				.advice = info->advice,
				.copies = copies};
	for (int i = 0; copies && i < w->desk->copy_count; i++)
		if ((which & 1u << i) && !fill_copy(w, &copies[finding->copy_count++], i))
			return false;
	return copies != NULL;
}

bool ds_is_to_change(const struct ds_desk *desk, int i)
{
	const struct ds_seen_copy *believed = &desk->copies[desk->rule->authority];
	return has_text(&desk->copies[i]) && !agree(&desk->copies[i], believed);
}

/* Whether desync-set would take the item there from what each copy says. */
static bool may_be_set(const struct ds_desk *desk, int status)
{
	const struct ds_vocabulary *vocabulary = desk->rule->vocabulary;

	for (int i = 0; i < desk->copy_count; i++)
		if (desk->copies[i].status != DS_NO_STATUS &&
		    !ds_vocabulary_allows(vocabulary, desk->copies[i].status, status))
			return false;
	return true;
}

/* How to get the other result: to believe the copy that says it is no step, and so goes
 * where the rule has none. */
static bool describe_other(struct words *w, ds_finding *finding, int copy)
{
	int status = w->desk->copies[copy].status;

	ds_buf_printf(&w->line, "to keep %s", word_of(w->desk, status));
	finding->choice = keep(w);
	if (may_be_set(w->desk, status)) {
		say_command(w, "desync-set");
		ds_buf_printf(&w->line, " %s", word_of(w->desk, status));
	} else {
		struct ds_buf command = {0};
		ds_buf_puts(&command, "desync-fix --yes --prefer ");
		ds_shell_quote(&command, ds_text_of(name_of(w->desk, copy)));
		if (command.failed)
			w->line.failed = true;
		else
			say_command(w, command.bytes);
		ds_buf_free(&command);
	}
	finding->other = keep(w);
	return finding->choice && finding->other;
}

/* "sets spec.md to completed", and "to keep active": "desync-set 0047 active". */
static bool describe_outcome(struct words *w, ds_finding *finding)
{
	const struct ds_desk *desk = w->desk;
	const char *separator = "sets ";
	int kept = DS_NO_COPY;

	for (int i = 0; i < desk->copy_count; i++) {
		if (!ds_is_to_change(desk, i))
			continue;
		ds_buf_printf(&w->line, "%s%s", separator, name_of(desk, i));
		separator = " and ";
		if (kept == DS_NO_COPY && desk->copies[i].status != DS_NO_STATUS)
			kept = i;
	}
	ds_buf_printf(&w->line, " to %s",
		      word_of(desk, desk->copies[desk->rule->authority].status));
	finding->outcome = keep(w);
	return finding->outcome && (kept == DS_NO_COPY || describe_other(w, finding, kept));
}

bool ds_is_repairable(const struct ds_desk *desk, const struct ds_item *item)
{
	int authority = desk->rule->authority;
	if (authority == DS_NO_COPY || desk->copies[authority].status == DS_NO_STATUS ||
	    ds_needs_escape(ds_text_of(item->id)) || item->twin)
		return false;
	if (desk->where && ds_needs_escape(ds_text_of(desk->where)))
		return false;
	for (int i = 0; i < desk->copy_count; i++)
		if (ds_is_to_change(desk, i) && !desk->copies[i].reading.editable)
			return false;
	return true;
}

static bool describe_repair(struct words *w, ds_finding *finding)
{
	if (!ds_is_repairable(w->desk, w->item))
		return true;
	say_command(w, "desync-fix --yes");
	finding->fix = keep(w);
	return finding->fix && describe_outcome(w, finding);
}

/* The copy to look at first is the one that the repair would change. */
static size_t focus_of(const struct ds_desk *desk)
{
	size_t shown = 0;
	for (int i = 0; desk->rule->authority != DS_NO_COPY && i < desk->copy_count; i++) {
		if (has_text(&desk->copies[desk->rule->authority]) && ds_is_to_change(desk, i))
			return shown;
		shown += has_text(&desk->copies[i]);
	}
	return 0;
}

static bool describe_mismatch(struct words *w, ds_finding *finding)
{
	const struct ds_desk *desk = w->desk;
	const char *separator = "";
	unsigned which = 0;

	for (int i = 0; i < desk->copy_count; i++)
		which |= has_text(&desk->copies[i]) ? 1u << i : 0;
	if (!begin(w, finding, DS_STATUS_MISMATCH, which))
		return false;
	for (int i = 0; i < desk->copy_count; i++) {
		if (!has_text(&desk->copies[i]))
			continue;
		ds_buf_printf(&w->line, "%s%s says ", separator, name_of(desk, i));
		say_text(&w->line, desk->copies[i].reading.text, SHOWN);
		separator = ", ";
	}
	finding->message = keep(w);
	finding->focus = focus_of(desk);
	return finding->message && describe_repair(w, finding);
}

static bool describe_unknown(struct words *w, ds_finding *finding, int i)
{
	const struct ds_reading *reading = &w->desk->copies[i].reading;
	const struct ds_rule *rule = w->desk->rule;

	if (!begin(w, finding, DS_UNKNOWN_STATUS, 1u << i))
		return false;
	ds_buf_printf(&w->line, "%s says ", name_of(w->desk, i));
	say_text(&w->line, reading->text, SHOWN);
	ds_buf_printf(&w->line, ", which is no status of the rule %s", rule->name);
	const char *near =
		reading->word ? ds_vocabulary_nearest(rule->vocabulary, reading->text) : NULL;
	if (near)
		ds_buf_printf(&w->line, "; is %s meant?", near);
	finding->message = keep(w);
	return finding->message != NULL;
}

/* Copies that failed for one and the same reason, with no line to point at, are
 * one finding: an unreadable directory is not two defects. */
static unsigned same_defect(const struct ds_desk *desk, int first)
{
	const struct ds_reading *reading = &desk->copies[first].reading;
	unsigned which = 0;

	for (int i = 0; i < desk->copy_count; i++) {
		const struct ds_reading *other = &desk->copies[i].reading;
		if (i == first || (reading->code == DS_UNREADABLE && other->code == reading->code &&
				   strcmp(other->why, reading->why) == 0))
			which |= 1u << i;
	}
	return which;
}

static bool describe_defect(struct words *w, ds_finding *finding, int first, unsigned which)
{
	const struct ds_reading *reading = &w->desk->copies[first].reading;
	const char *separator = "";

	if (!begin(w, finding, reading->code, which))
		return false;
	for (int i = 0; i < w->desk->copy_count; i++) {
		if (!(which & 1u << i))
			continue;
		ds_buf_printf(&w->line, "%s%s", separator, name_of(w->desk, i));
		separator = " and ";
	}
	ds_buf_printf(&w->line, " %s", ds_code_info(reading->code)->phrase);
	if (reading->why[0])
		ds_buf_printf(&w->line, ": %s", reading->why);
	finding->message = keep(w);
	return finding->message != NULL;
}

static bool describe_copies(struct words *w, unsigned done, struct ds_findings *findings)
{
	ds_finding finding;

	for (int i = 0; i < w->desk->copy_count; i++) {
		const struct ds_seen_copy *copy = &w->desk->copies[i];
		if (done & 1u << i)
			continue;
		if (has_text(copy)) {
			if (copy->status != DS_NO_STATUS)
				continue;
			if (!describe_unknown(w, &finding, i))
				return false;
		} else {
			unsigned which = same_defect(w->desk, i);
			done |= which;
			if (!describe_defect(w, &finding, i, which))
				return false;
		}
		if (!ds_findings_add(findings, &finding))
			return false;
	}
	return true;
}

bool ds_describe(const struct ds_desk *desk, const struct ds_item *item, unsigned settled,
		 struct ds_findings *findings, struct ds_arena *strings)
{
	struct words w = {.desk = desk, .item = item, .strings = strings};
	ds_finding finding;
	bool well = true;

	if (!settled && has_mismatch(desk))
		well = describe_mismatch(&w, &finding) && ds_findings_add(findings, &finding);
	well = well && describe_copies(&w, settled, findings);
	ds_buf_free(&w.line);
	return well;
}
