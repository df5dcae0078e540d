/* One item's transition: whether it may be made, and the step that makes it. */
#include <string.h>

#include "compare.h"
#include "demands.h"
#include "finding.h"
#include "fix.h"
#include "settle.h"

/* What is asked of one item. */
struct asked {
	struct ds_setting *setting;
	const ds_set_options *options;
	struct ds_desk *desk;
	const struct ds_item *item;
	const struct ds_vocabulary *vocabulary;
	struct ds_buf why; /* the sentence that says what is wrong */
};

static const char *name_of(const struct asked *a, int copy)
{
	return a->desk->rule->copies[copy].name;
}

static const char *word_of(const struct asked *a, int status)
{
	return a->vocabulary->statuses[status].word;
}

/* "0047-us: WHY", with what was said so far in a->why. */
static bool refuse(struct asked *a, ds_status status)
{
	struct ds_setting *s = a->setting;
	s->status = a->why.failed ? ds_fail_memory(&s->err)
				  : ds_fail_path(&s->err, status, a->item->id, a->why.bytes);
	return false;
}

static void say_text(struct ds_buf *line, struct ds_text text)
{
	enum { SHOWN = 60 };
	struct ds_text shown = {text.at, ds_utf8_fit(text, SHOWN)};
	ds_escape(line, shown);
}

/* What a copy says, for a person. */
static void say_copy(struct asked *a, int copy)
{
	const struct ds_reading *reading = &a->desk->copies[copy].reading;

	ds_buf_printf(&a->why, "%s ", name_of(a, copy));
	if (reading->code == DS_NO_CODE) {
		ds_buf_puts(&a->why, "says ");
		say_text(&a->why, reading->text);
		return;
	}
	ds_buf_puts(&a->why, ds_code_info(reading->code)->phrase);
	if (reading->why[0])
		ds_buf_printf(&a->why, ": %s", reading->why);
}

/* ---- The copies --------------------------------------------------------- */

static bool find_word(struct asked *a, int *to)
{
	const char *separator = "; there are ";
	const char *near;
	struct ds_text word = ds_text_of(a->setting->word);

	*to = ds_vocabulary_find(a->vocabulary, word);
	if (*to != DS_NO_STATUS)
		return true;
	ds_buf_puts(&a->why, "'");
	say_text(&a->why, word);
	ds_buf_printf(&a->why, "' is no status of the rule %s", a->desk->rule->name);
	near = ds_vocabulary_nearest(a->vocabulary, word);
	if (near) {
		ds_buf_printf(&a->why, "; is %s meant?", near);
		separator = " There are ";
	}
	for (int i = 0; a->vocabulary->statuses[i].word; i++) {
		ds_buf_printf(&a->why, "%s%s", separator, word_of(a, i));
		separator = ", ";
	}
	return refuse(a, DS_TROUBLE);
}

/* HEAD is what it is, and what may be missing may stay so. */
static bool is_beside(const struct asked *a, int copy)
{
	return a->desk->rule->copies[copy].from == DS_FROM_HEAD || ds_is_forgiven(a->desk, copy);
}

static void say_why_not(struct asked *a, int i)
{
	const struct ds_seen_copy *copy = &a->desk->copies[i];
	const char *fixed = ds_why_fixed(a->desk, i);

	if (copy->claims > 1)
		ds_buf_printf(&a->why, ", and has it %zu times", copy->claims);
	else if (copy->reading.code == DS_NO_CODE && fixed)
		ds_buf_printf(&a->why, ", and %s", fixed);
	else if (copy->reading.code == DS_NO_CODE)
		ds_buf_puts(&a->why, " in a way that only a person should change");
}

/* All or none: a copy that cannot be judged, or not be changed, stops it. */
static bool copies_are_sound(struct asked *a, int to)
{
	for (int i = 0; i < a->desk->copy_count; i++) {
		const struct ds_seen_copy *copy = &a->desk->copies[i];
		ds_code code = copy->reading.code;
		if (is_beside(a, i) || code == DS_MISSING_COPY || code == DS_MISSING_STATUS)
			continue;
		if (code == DS_NO_CODE && copy->claims < 2 &&
		    (copy->reading.editable || ds_copy_says(copy, to)))
			continue;
		say_copy(a, i);
		say_why_not(a, i);
		ds_buf_puts(&a->why, "; nothing is changed");
		return refuse(a, DS_TROUBLE);
	}
	return true;
}

/* Half of the copies would be a new desync, or hide one: a gap is closed, or the caller
 * says that it may stay. Those that --add-missing could give a status are in `could`. */
static bool gaps_are_settled(struct asked *a, const struct ds_repair *repair, unsigned could)
{
	for (int i = 0; i < a->desk->copy_count; i++) {
		ds_code code = a->desk->copies[i].reading.code;
		bool missing = code == DS_MISSING_COPY;
		if (is_beside(a, i) || (!missing && code != DS_MISSING_STATUS) ||
		    (repair->add & 1u << i) || (missing && a->options->add_missing))
			continue;
		say_copy(a, i);
		if (!missing && !(could & 1u << i)) {
			ds_buf_puts(&a->why, ", and it cannot be given one; write it by hand");
			return refuse(a, DS_TROUBLE);
		}
		bool listed = a->desk->rule->copies[i].many && *a->desk->copies[i].reading.why;
		ds_buf_puts(&a->why, missing ? listed ? "; add the entry" : "; create it"
					     : "; give it one with --add-missing");
		if (missing)
			ds_buf_puts(&a->why,
				    ", or set only the copies that are there with --add-missing");
		return refuse(a, DS_DESYNC);
	}
	return true;
}

/* An alias is as good as its word; a word that nobody knows is compared as it is. */
static bool says(const struct asked *a, int copy, const char *expected)
{
	const struct ds_seen_copy *seen = &a->desk->copies[copy];
	int status = ds_vocabulary_find(a->vocabulary, ds_text_of(expected));

	if (seen->reading.code == DS_MISSING_COPY && a->options->add_missing)
		return true;
	if (seen->reading.code != DS_NO_CODE)
		return false;
	return status == DS_NO_STATUS ? ds_text_is(seen->reading.text, expected)
				      : ds_copy_says(seen, status);
}

static bool is_as_expected(struct asked *a)
{
	const char *expected = a->options->expect;

	for (int i = 0; expected && i < a->desk->copy_count; i++) {
		if (is_beside(a, i) || says(a, i, expected))
			continue;
		ds_buf_puts(&a->why, "expected ");
		say_text(&a->why, ds_text_of(expected));
		ds_buf_puts(&a->why, ", but ");
		say_copy(a, i);
		return refuse(a, DS_CONFLICT);
	}
	return true;
}

/* ---- The step ----------------------------------------------------------- */

bool ds_legal_way(struct ds_buf *out, const struct ds_vocabulary *vocabulary, int from, int to)
{
	int next[DS_STATUS_LIMIT]; /* on the way to `to`; -1: not met yet */
	int queue[DS_STATUS_LIMIT];
	int head = 0;
	int tail = 0;

	for (int i = 0; i < DS_STATUS_LIMIT; i++)
		next[i] = -1;
	next[to] = to;
	queue[tail++] = to;
	/* From the end, so that the way can be followed from its beginning. */
	for (; head < tail && next[from] < 0; head++)
		for (int i = 0; vocabulary->statuses[i].word && i < DS_STATUS_LIMIT; i++)
			if (next[i] < 0 && ds_vocabulary_allows(vocabulary, i, queue[head])) {
				next[i] = queue[head];
				queue[tail++] = i;
			}
	if (next[from] < 0)
		return false;
	ds_buf_puts(out, vocabulary->statuses[from].word);
	for (; from != to; from = next[from])
		ds_buf_printf(out, " -> %s", vocabulary->statuses[next[from]].word);
	return !out->failed;
}

static bool refuse_step(struct asked *a, int from, int to)
{
	ds_buf_printf(&a->why, "from %s to %s is no step of the rule %s; go ", word_of(a, from),
		      word_of(a, to), a->desk->rule->name);
	bool way = ds_legal_way(&a->why, a->vocabulary, from, to);
	ds_buf_printf(&a->why, "%s--force --reason TEXT", way ? "; or " : "there only with ");
	return refuse(a, DS_DESYNC);
}

/* The gate would not let it pass. */
static bool refuse_contradiction(struct asked *a, const struct ds_constraint *against, int to)
{
	const struct ds_rule *rule = a->desk->rule;

	ds_buf_printf(&a->why, "%s contradicts its %s in %s", word_of(a, to),
		      rule->copies[against->copy].fields[against->field],
		      name_of(a, against->copy));
	if (against->say)
		ds_buf_printf(&a->why, ": %s", against->say);
	ds_buf_puts(&a->why, "; change that field first, or --force --reason TEXT");
	return refuse(a, DS_DESYNC);
}

/* The step is judged from what the authority says, where the copies disagree. */
static bool is_allowed(struct asked *a, int to)
{
	int authority = a->desk->rule->authority;
	int from = ds_judged_status(a->desk);
	const struct ds_seen_copy *copy = authority < 0 ? NULL : &a->desk->copies[authority];

	if (a->options->force)
		return true;
	if (copy && copy->reading.code == DS_NO_CODE && copy->status == DS_NO_STATUS) {
		say_copy(a, authority);
		ds_buf_printf(&a->why,
			      ", which is no status of the rule %s: nobody knows whether it may "
			      "become %s; --force --reason TEXT",
			      a->desk->rule->name, word_of(a, to));
		return refuse(a, DS_DESYNC);
	}
	if (from != DS_NO_STATUS && !ds_vocabulary_allows(a->vocabulary, from, to))
		return refuse_step(a, from, to);
	const struct ds_constraint *against = ds_constraint_against(a->desk, to);
	return !against || refuse_contradiction(a, against, to);
}

static bool add_step(struct asked *a, const struct ds_repair *repair)
{
	if (!ds_fix_add(a->setting->plan, a->desk, a->item, repair))
		a->setting->status = ds_fail_memory(&a->setting->err);
	return !a->setting->status;
}

static bool say_gaps(struct asked *a)
{
	for (int i = 0; i < a->desk->copy_count; i++)
		if (a->desk->copies[i].reading.code == DS_MISSING_COPY && !is_beside(a, i) &&
		    !ds_plan_say(a->setting->plan, "%s: %s is not there and got no status",
				 a->item->id, name_of(a, i)))
			return false;
	return true;
}

static bool plan_step(struct asked *a)
{
	struct ds_repair repair;
	int to;

	if (a->item->twin) {
		ds_buf_puts(&a->why, "another item has the same id");
		return refuse(a, DS_TROUBLE);
	}
	if (!find_word(a, &to) || !copies_are_sound(a, to) || !is_as_expected(a))
		return false;
	if (!ds_repair_to(&repair, a->desk, to, true)) {
		a->setting->status = ds_fail_memory(&a->setting->err);
		return false;
	}
	unsigned could = repair.add;
	if (!a->options->add_missing)
		repair.add = 0;
	if (!gaps_are_settled(a, &repair, could))
		return false;
	if (!(repair.change | repair.add))
		return true;
	return is_allowed(a, to) && add_step(a, &repair) && say_gaps(a);
}

unsigned ds_set_item(void *context, struct ds_desk *desk, const struct ds_item *item)
{
	struct ds_setting *setting = context;
	struct asked a = {.setting = setting,
			  .options = setting->options,
			  .desk = desk,
			  .item = item,
			  .vocabulary = desk->rule->vocabulary};
	bool planned = false;

	if (setting->items++ == 0)
		planned = plan_step(&a);
	ds_buf_free(&a.why);
	return planned ? ~0u : 0;
}
