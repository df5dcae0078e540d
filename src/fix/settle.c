#include "settle.h"

#include <string.h>

#include "compare.h"
#include "splice.h"

enum { SAID = 60 }; /* bytes of a word that is shown */

static bool has_text(const struct ds_seen_copy *copy)
{
	return copy->reading.code == DS_NO_CODE;
}

static struct ds_text word_of(const struct ds_desk *desk, int status)
{
	return ds_text_of(desk->rule->vocabulary->statuses[status].word);
}

bool ds_copy_says(const struct ds_seen_copy *copy, int status)
{
	return status != DS_NO_STATUS && (copy->set >> status & 1);
}

/* ---- What gives way ----------------------------------------------------- */

static unsigned to_change(const struct ds_desk *desk, int to)
{
	unsigned which = 0;

	for (int i = 0; i < desk->copy_count; i++)
		if (has_text(&desk->copies[i]) && !ds_copy_says(&desk->copies[i], to) &&
		    desk->rule->copies[i].from == DS_FROM_SOURCE)
			which |= 1u << i;
	return which;
}

/* The status that is believed; a copy that the rule does not have is believed in nothing. */
static int wanted_status(const struct ds_desk *desk, const char *prefer)
{
	int copy = prefer ? ds_copy_named(desk->rule, prefer) : DS_NO_COPY;

	if (!prefer)
		return ds_target(desk);
	return copy == DS_NO_COPY || desk->copies[copy].status == DS_NO_STATUS
		       ? DS_NO_STATUS
		       : ds_target_of(desk, copy);
}

/* False: not every copy that disagrees can be made to agree, or may be. */
static bool settle_mismatch(struct ds_repair *out, const struct ds_desk *desk, const char *prefer,
			    int to)
{
	if (to == DS_NO_STATUS || !ds_can_all_say(desk, to) || (!prefer && ds_would_regress(desk)))
		return false;
	out->change = to_change(desk, to);
	out->to = to;
	return true;
}

/* A file of many is not read again for each of its items: the reader is asked for the edit,
 * and the rest comes out when it is made. */
static enum ds_splice_outcome try_record(struct ds_desk *desk, int i, struct ds_text word)
{
	const struct ds_seen_copy *copy = &desk->copies[i];
	const struct ds_reader *reader = desk->readers[i];
	struct ds_text bytes = ds_seen_bytes(copy);
	struct ds_edit edit;
	char why[DS_WHY_ROOM] = "";

	if (copy->reading.placed ? !copy->reading.editable : !reader->insert)
		return DS_SPLICE_REFUSED;
	bool made = copy->reading.placed
			    ? reader->edit(&edit, bytes, &copy->reading, word, &desk->scratch, why)
			    : reader->insert(&edit, bytes, copy->record, desk->rule->copies[i].at,
					     NULL, word, &desk->scratch, why);
	return made ? DS_SPLICE_DONE : *why ? DS_SPLICE_REFUSED : DS_SPLICE_MEMORY;
}

/* Whether the file can be given the field; tried out, for no table knows. */
static enum ds_splice_outcome try_insert(struct ds_desk *desk, int i, int to)
{
	struct ds_splice splice = {.reader = desk->readers[i],
				   .at = desk->rule->copies[i].at,
				   .word = ds_text_of(ds_copy_word(desk->rule, i, to)),
				   .insert = true};
	struct ds_buf after = {0};
	struct ds_edit edit;
	char why[DS_WHY_ROOM];

	if (desk->rule->copies[i].many)
		return try_record(desk, i, splice.word);
	enum ds_splice_outcome outcome = ds_splice(
		&after, &edit, &splice, ds_seen_bytes(&desk->copies[i]), &desk->scratch, why);
	ds_buf_free(&after);
	return outcome;
}

/* False: out of memory. */
static bool settle_gaps(struct ds_repair *out, struct ds_desk *desk, int to)
{
	for (int i = 0; to != DS_NO_STATUS && i < desk->copy_count; i++) {
		if (desk->copies[i].reading.code != DS_MISSING_STATUS || ds_why_fixed(desk, i) ||
		    ds_is_forgiven(desk, i) || desk->copies[i].claims > 1)
			continue;
		enum ds_splice_outcome outcome = try_insert(desk, i, to);
		if (outcome == DS_SPLICE_MEMORY)
			return false;
		if (outcome == DS_SPLICE_DONE)
			out->add |= 1u << i;
	}
	if (out->add)
		out->to = to;
	return true;
}

bool ds_repair_for(struct ds_repair *out, struct ds_desk *desk, const struct ds_item *item,
		   const char *prefer, bool add_missing)
{
	struct ds_repair repair = {.to = DS_NO_STATUS};
	int to = wanted_status(desk, prefer);

	*out = repair;
	if (item->twin)
		return true;
	bool differs = ds_judge(desk) == DS_ITEM_DESYNCED || (prefer && to != DS_NO_STATUS);
	if (differs && !settle_mismatch(&repair, desk, prefer, to))
		return true;
	if (add_missing &&
	    !settle_gaps(&repair, desk, to == DS_NO_STATUS ? ds_judged_status(desk) : to))
		return false;
	*out = repair;
	return true;
}

bool ds_repair_to(struct ds_repair *out, struct ds_desk *desk, int to, bool add_missing)
{
	*out = (struct ds_repair){.to = to, .change = to_change(desk, to)};
	return !add_missing || settle_gaps(out, desk, to);
}

/* ---- In words ----------------------------------------------------------- */

static const char *keep(struct ds_buf *line, struct ds_arena *strings, bool *failed)
{
	const char *kept =
		line->failed || !line->len ? NULL : ds_arena_copy(strings, line->bytes, line->len);
	*failed = line->failed || (line->len && !kept);
	ds_buf_free(line);
	return kept;
}

/* The canonical word, of several the item's; or the text as far as it is shown. */
static struct ds_text said_by(const struct ds_desk *desk, int i)
{
	const struct ds_seen_copy *copy = &desk->copies[i];
	int judged = ds_judged_status(desk);
	if (judged != DS_NO_STATUS && ds_copy_says(copy, judged))
		return word_of(desk, judged);
	if (copy->status != DS_NO_STATUS)
		return word_of(desk, copy->status);
	return (struct ds_text){copy->reading.text.at, ds_utf8_fit(copy->reading.text, SAID)};
}

static bool was_said(const struct ds_desk *desk, unsigned which, int i)
{
	for (int j = 0; j < i; j++)
		if ((which & 1u << j) && has_text(&desk->copies[j]) &&
		    ds_text_equal(said_by(desk, i), said_by(desk, j)))
			return true;
	return false;
}

const char *ds_said(const struct ds_desk *desk, unsigned which, struct ds_arena *strings,
		    bool *failed)
{
	struct ds_buf line = {0};

	for (int i = 0; i < desk->copy_count; i++) {
		if (!(which & 1u << i) || !has_text(&desk->copies[i]) || was_said(desk, which, i))
			continue;
		struct ds_text word = said_by(desk, i);
		ds_buf_puts(&line, line.len ? " and " : "");
		ds_buf_append(&line, word.at, word.len);
	}
	return keep(&line, strings, failed);
}

const char *ds_copy_names(const struct ds_rule *rule, unsigned which, struct ds_arena *strings)
{
	struct ds_buf line = {0};
	bool failed;

	for (int i = 0; rule->copies[i].name; i++)
		if (which & 1u << i)
			ds_buf_printf(&line, "%s%s", line.len ? " and " : "", rule->copies[i].name);
	return keep(&line, strings, &failed);
}

ds_step_kind ds_kind_between(const struct ds_vocabulary *vocabulary, int from, int to)
{
	const struct ds_status_word *words = vocabulary->statuses;

	if (from == DS_NO_STATUS || from == to || to == DS_NO_STATUS)
		return DS_STEP_FORWARDS;
	if (words[to].rank < words[from].rank)
		return DS_STEP_BACKWARDS;
	return words[from].terminal && words[to].terminal ? DS_STEP_TERMINAL : DS_STEP_FORWARDS;
}

ds_step_kind ds_kind_of(const struct ds_desk *desk, const struct ds_repair *repair)
{
	ds_step_kind kind = repair->change ? DS_STEP_FORWARDS : DS_STEP_ADDITION;

	for (int i = 0; i < desk->copy_count && kind != DS_STEP_BACKWARDS; i++) {
		if (!(repair->change & 1u << i))
			continue;
		ds_step_kind one =
			ds_kind_between(desk->rule->vocabulary, desk->copies[i].status, repair->to);
		if (one != DS_STEP_FORWARDS)
			kind = one;
	}
	return kind;
}
