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

/* ---- What gives way ----------------------------------------------------- */

/* False: not every copy that disagrees can be made to agree. */
static bool settle_mismatch(struct ds_repair *out, const struct ds_desk *desk, int believed)
{
	if (believed == DS_NO_COPY || desk->copies[believed].status == DS_NO_STATUS)
		return false;
	for (int i = 0; i < desk->copy_count; i++) {
		if (!ds_disagree(&desk->copies[i], &desk->copies[believed]))
			continue;
		if (!desk->copies[i].reading.editable)
			return false;
		out->change |= 1u << i;
	}
	out->to = desk->copies[believed].status;
	return true;
}

/* Whether the file can be given the field; tried out, for no table knows. */
static enum ds_splice_outcome try_insert(struct ds_desk *desk, int i, int to)
{
	const struct ds_buf *bytes = &desk->copies[i].blob.bytes;
	struct ds_splice splice = {.reader = desk->readers[i],
				   .at = desk->rule->copies[i].at,
				   .word = word_of(desk, to),
				   .insert = true};
	struct ds_text before = {bytes->len ? bytes->bytes : "", bytes->len};
	struct ds_buf after = {0};
	struct ds_edit edit;
	char why[DS_WHY_ROOM];

	enum ds_splice_outcome outcome =
		ds_splice(&after, &edit, &splice, before, &desk->scratch, why);
	ds_buf_free(&after);
	return outcome;
}

/* False: out of memory. */
static bool settle_gaps(struct ds_repair *out, struct ds_desk *desk, int to)
{
	for (int i = 0; to != DS_NO_STATUS && i < desk->copy_count; i++) {
		if (desk->copies[i].reading.code != DS_MISSING_STATUS)
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

static int known_status(const struct ds_desk *desk, int believed)
{
	int status = believed == DS_NO_COPY ? DS_NO_STATUS : desk->copies[believed].status;
	return status == DS_NO_STATUS ? ds_judged_status(desk) : status;
}

bool ds_repair_for(struct ds_repair *out, struct ds_desk *desk, const struct ds_item *item,
		   int believed, bool add_missing)
{
	struct ds_repair repair = {.to = DS_NO_STATUS};

	*out = repair;
	if (item->twin)
		return true;
	if (ds_judge(desk) == DS_ITEM_DESYNCED && !settle_mismatch(&repair, desk, believed))
		return true;
	if (add_missing && !settle_gaps(&repair, desk, known_status(desk, believed)))
		return false;
	*out = repair;
	return true;
}

bool ds_repair_to(struct ds_repair *out, struct ds_desk *desk, int to, bool add_missing)
{
	*out = (struct ds_repair){.to = to};
	for (int i = 0; i < desk->copy_count; i++)
		if (has_text(&desk->copies[i]) && desk->copies[i].status != to)
			out->change |= 1u << i;
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

/* The canonical word, or the text as far as it is shown. */
static struct ds_text said_by(const struct ds_desk *desk, int i)
{
	const struct ds_seen_copy *copy = &desk->copies[i];
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
