/* The commands that mend a disagreement, and what they come to. */
#include "compare.h"
#include "rules.h"
#include "words.h"

/* A command of ours up to the item, every word fit for a shell; the copy to believe is NULL
 * mostly. */
static void say_command(struct ds_words *w, const char *program, const char *prefer)
{
	ds_buf_printf(&w->line, "%s ", program);
	if (prefer) {
		ds_buf_puts(&w->line, "--prefer ");
		ds_shell_quote(&w->line, ds_text_of(prefer));
		ds_buf_puts(&w->line, " ");
	}
	ds_buf_puts(&w->line, w->desk->where ? w->desk->where : "");
	if (w->item->archived)
		ds_buf_puts(&w->line, "--all ");
	const char *rule = w->item->shared_id ? w->desk->rule->name : NULL;
	/* A rule of a folder is called like it. */
	if (*(rule ? rule : w->item->id) == '-')
		ds_buf_puts(&w->line, "-- ");
	if (rule) {
		ds_shell_quote(&w->line, ds_text_of(rule));
		ds_buf_puts(&w->line, ":");
	}
	ds_shell_quote(&w->line, ds_text_of(w->item->id));
}

/* Whether desync-set would take the item there from what each copy says. */
static bool may_be_set(const struct ds_desk *desk, int status)
{
	const struct ds_vocabulary *vocabulary = desk->rule->vocabulary;

	for (int i = 0; i < desk->copy_count; i++) {
		const struct ds_seen_copy *copy = &desk->copies[i];
		if (copy->status != DS_NO_STATUS && !ds_is_from_head(desk, i) &&
		    !(copy->set >> status & 1) &&
		    !ds_vocabulary_allows(vocabulary, copy->status, status))
			return false;
	}
	return true;
}

/* How to get what a copy says: to believe it is no step, and so goes where the rule has
 * none. */
static void say_choice(struct ds_words *w, int copy)
{
	int status = w->desk->copies[copy].status;

	if (!may_be_set(w->desk, status)) {
		say_command(w, "desync-fix --yes", ds_name_of(w->desk, copy));
		return;
	}
	say_command(w, "desync-set", NULL);
	ds_buf_puts(&w->line, " ");
	ds_shell_quote(&w->line, ds_text_of(ds_word_of(w->desk, status)));
}

static bool describe_other(struct ds_words *w, ds_finding *finding, const char *to, int copy)
{
	ds_buf_printf(&w->line, "to %s %s", to, ds_word_of(w->desk, w->desk->copies[copy].status));
	finding->choice = ds_words_keep(w);
	say_choice(w, copy);
	finding->other = ds_words_keep(w);
	return finding->choice && finding->other;
}

/* "sets spec.md to completed", and "to keep active": "desync-set 0047 active". */
static bool describe_outcome(struct ds_words *w, ds_finding *finding)
{
	const struct ds_desk *desk = w->desk;
	const char *separator = "sets ";
	int kept = DS_NO_COPY;

	for (int i = 0; i < desk->copy_count; i++) {
		if (!ds_is_to_change(desk, i))
			continue;
		ds_buf_printf(&w->line, "%s%s", separator, ds_name_of(desk, i));
		separator = " and ";
		if (kept == DS_NO_COPY && desk->copies[i].status != DS_NO_STATUS &&
		    ds_can_all_say(desk, desk->copies[i].status))
			kept = i;
	}
	ds_buf_printf(&w->line, " to %s", ds_word_of(desk, ds_target(desk)));
	finding->outcome = ds_words_keep(w);
	/* Where the parts ask for another status, to set the one that is there keeps nothing. */
	if (kept == DS_NO_COPY || finding->code == DS_ROLLUP_MISMATCH)
		return finding->outcome != NULL;
	return finding->outcome && describe_other(w, finding, "keep", kept);
}

/* The next copy from `i` on whose status all could say, and that is not `but`. */
static int next_choice(const struct ds_desk *desk, int i, int but)
{
	for (; i < desk->copy_count; i++) {
		int status = desk->copies[i].status;
		if (status != DS_NO_STATUS && status != but && !ds_is_from_head(desk, i) &&
		    ds_can_all_say(desk, status))
			return i;
	}
	return DS_NO_COPY;
}

/* Where nobody is believed there are two results, and none of them is a repair. */
static bool describe_choices(struct ds_words *w, ds_finding *finding)
{
	const struct ds_desk *desk = w->desk;
	int one = ds_can_be_named(desk, w->item) ? next_choice(desk, 0, DS_NO_STATUS) : DS_NO_COPY;
	int two = one < 0 ? one : next_choice(desk, one + 1, desk->copies[one].status);

	if (two < 0)
		return true;
	ds_buf_printf(&w->line, "to make it %s: ", ds_word_of(desk, desk->copies[two].status));
	say_choice(w, two);
	finding->advice = ds_words_keep(w);
	return finding->advice && describe_other(w, finding, "make it", one);
}

/* Where nothing but the one copy is in the way: it is changed by hand, or what another says is
 * kept by a command. */
static bool describe_by_hand(struct ds_words *w, ds_finding *finding, int copy)
{
	const struct ds_desk *desk = w->desk;
	int kept = ds_can_be_named(desk, w->item) && finding->code != DS_ROLLUP_MISMATCH
			   ? next_choice(desk, 0, ds_target(desk))
			   : DS_NO_COPY;

	if (desk->readers[copy]->in_path)
		ds_buf_puts(&w->line, "move the file");
	else
		ds_buf_printf(&w->line, "change %s by hand", ds_name_of(desk, copy));
	finding->advice = ds_words_keep(w);
	return finding->advice && (kept == DS_NO_COPY || describe_other(w, finding, "keep", kept));
}

void ds_say_by_hand(struct ds_words *w)
{
	char why[DS_WHY_ROOM];
	int copy = ds_left_by_hand(w->desk, why);

	if (copy != DS_NO_COPY)
		ds_buf_printf(&w->line, "; %s is left to a person: %s", ds_name_of(w->desk, copy),
			      why);
}

bool ds_describe_repair(struct ds_words *w, ds_finding *finding)
{
	char why[DS_WHY_ROOM];
	int copy = ds_left_by_hand(w->desk, why);

	if (copy != DS_NO_COPY)
		return describe_by_hand(w, finding, copy);
	if (!ds_is_repairable(w->desk, w->item))
		return describe_choices(w, finding);
	say_command(w, "desync-fix --yes", NULL);
	finding->fix = ds_words_keep(w);
	return finding->fix && describe_outcome(w, finding);
}
