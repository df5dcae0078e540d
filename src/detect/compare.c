#include "compare.h"

#include "demands.h"
#include "rules.h"
#include "severity.h"

/* ---- What is said ------------------------------------------------------- */

static bool has_text(const struct ds_seen_copy *copy)
{
	return copy->reading.code == DS_NO_CODE;
}

/* What is in HEAD is beside the question what the item's status is. */
static bool is_judged(const struct ds_desk *desk, int i)
{
	return has_text(&desk->copies[i]) && desk->rule->copies[i].from == DS_FROM_SOURCE;
}

static ds_status_set one(int status)
{
	return status == DS_NO_STATUS ? 0 : (ds_status_set)1 << status;
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

bool ds_is_compared(const struct ds_desk *desk)
{
	int judged = 0;

	for (int i = 0; i < desk->copy_count; i++)
		judged += is_judged(desk, i);
	return judged > 1;
}

/* What every known word may stand for; all there is where none is known. */
static ds_status_set common_set(const struct ds_desk *desk)
{
	ds_status_set common = ~(ds_status_set)0;

	for (int i = 0; i < desk->copy_count; i++)
		if (is_judged(desk, i) && desk->copies[i].set)
			common &= desk->copies[i].set;
	return common;
}

bool ds_has_mismatch(const struct ds_desk *desk)
{
	for (int i = 0; i < desk->copy_count; i++)
		for (int j = 0; j < i; j++)
			if (is_judged(desk, i) && is_judged(desk, j) &&
			    !agree(&desk->copies[i], &desk->copies[j]))
				return true;
	/* Of words that stand for several each two may agree, and all of them not. */
	return !common_set(desk);
}

static int lowest(ds_status_set set)
{
	int status = 0;

	while (!(set >> status & 1))
		status++;
	return status;
}

/* What a copy takes it for, where that is one of the set. */
static int first_said(const struct ds_desk *desk, ds_status_set set)
{
	for (int i = 0; i < desk->copy_count; i++)
		if (is_judged(desk, i) && one(desk->copies[i].status) & set)
			return desk->copies[i].status;
	return DS_NO_STATUS;
}

int ds_judged_status(const struct ds_desk *desk)
{
	ds_status_set common = common_set(desk);
	int believed = common ? DS_NO_COPY : ds_believed(desk);
	int status = believed == DS_NO_COPY ? first_said(desk, common ? common : ~(ds_status_set)0)
					    : desk->copies[believed].status;

	if (status != DS_NO_STATUS || !common || !~common)
		return status;
	return lowest(common);
}

ds_status_set ds_judged_set(const struct ds_desk *desk)
{
	ds_status_set common = common_set(desk);

	return common && ~common ? common : one(ds_judged_status(desk));
}

bool ds_is_absent(const struct ds_desk *desk)
{
	for (int i = 0; i < desk->copy_count; i++)
		if (desk->copies[i].reading.code != DS_MISSING_COPY && !desk->copies[i].said &&
		    desk->rule->copies[i].from == DS_FROM_SOURCE)
			return false;
	return true;
}

/* ---- Who is believed ---------------------------------------------------- */

static int rank_of(const struct ds_desk *desk, int i)
{
	return desk->rule->vocabulary->statuses[desk->copies[i].status].rank;
}

struct span {
	int least;
	int most;
};

/* How far a word says that the work is: one that stands for several says only that it is not
 * less than the first of them. */
static struct span span_of(const struct ds_desk *desk, int i)
{
	const struct ds_status_word *words = desk->rule->vocabulary->statuses;
	struct span span = {rank_of(desk, i), rank_of(desk, i)};

	for (int status = 0; words[status].word; status++) {
		if (!(desk->copies[i].set & one(status)))
			continue;
		span.least = words[status].rank < span.least ? words[status].rank : span.least;
		span.most = words[status].rank > span.most ? words[status].rank : span.most;
	}
	return span;
}

/* Whether no copy is certainly further, and none that it does not agree with may be as far. */
static bool is_ahead(const struct ds_desk *desk, int i)
{
	int least = span_of(desk, i).least;

	for (int j = 0; j < desk->copy_count; j++) {
		if (!is_judged(desk, j))
			continue;
		bool differs = !agree(&desk->copies[i], &desk->copies[j]);
		if (differs && !desk->copies[j].set)
			return false;
		if (desk->copies[j].set && span_of(desk, j).least > least)
			return false;
		if (differs && span_of(desk, j).most >= least)
			return false;
	}
	return true;
}

static int find_ahead(const struct ds_desk *desk)
{
	for (int i = 0; i < desk->copy_count; i++)
		if (is_judged(desk, i) && desk->copies[i].set && is_ahead(desk, i))
			return i;
	return DS_NO_COPY;
}

int ds_believed(const struct ds_desk *desk)
{
	int authority = desk->rule->authority;

	if (authority == DS_AHEAD)
		return find_ahead(desk);
	return authority >= 0 && desk->copies[authority].status != DS_NO_STATUS ? authority
										: DS_NO_COPY;
}

/* Of what the believed word stands for, that which most others can live with. */
int ds_target_of(const struct ds_desk *desk, int copy)
{
	const struct ds_seen_copy *believed = &desk->copies[copy];
	ds_status_set common = believed->set;

	for (int i = 0; i < desk->copy_count; i++)
		if (is_judged(desk, i) && (desk->copies[i].set & common))
			common &= desk->copies[i].set;
	return one(believed->status) & common ? believed->status : lowest(common);
}

/* What the parts ask for: a status that fits and is there already, where there is only one. */
static int target_of_parts(const struct ds_desk *desk)
{
	int first;
	int found = DS_NO_STATUS;
	ds_status_set fitting = ds_fitting_all(desk, &first);

	if (!fitting)
		return DS_NO_STATUS;
	for (int i = 0; i < desk->copy_count; i++) {
		int status = desk->copies[i].status;
		if (!is_judged(desk, i) || !(one(status) & fitting))
			continue;
		if (found != DS_NO_STATUS && found != status)
			return first;
		found = status;
	}
	return found == DS_NO_STATUS ? first : found;
}

int ds_target(const struct ds_desk *desk)
{
	int believed = ds_believed(desk);

	if (desk->rule->authority == DS_PARTS)
		return target_of_parts(desk);
	return believed == DS_NO_COPY ? DS_NO_STATUS : ds_target_of(desk, believed);
}

bool ds_is_to_change(const struct ds_desk *desk, int i)
{
	return is_judged(desk, i) && !(desk->copies[i].set & one(ds_target(desk)));
}

bool ds_would_regress(const struct ds_desk *desk)
{
	const struct ds_status_word *words = desk->rule->vocabulary->statuses;
	int target = desk->rule->no_regress ? ds_target(desk) : DS_NO_STATUS;

	for (int i = 0; target != DS_NO_STATUS && i < desk->copy_count; i++)
		if (ds_is_to_change(desk, i) && desk->copies[i].status != DS_NO_STATUS &&
		    words[target].rank < rank_of(desk, i))
			return true;
	return false;
}

/* ---- Whether it can be repaired ----------------------------------------- */

const char *ds_why_fixed(const struct ds_desk *desk, int i)
{
	if (desk->rule->copies[i].from == DS_FROM_HEAD)
		return "it is what was committed, which nothing here changes";
	if (desk->readers[i]->in_path || !desk->readers[i]->edit)
		return "its status is where the file lies: move it by hand";
	if (ds_seen_linked(&desk->copies[i]))
		return "a link, or behind one: change the file that it leads to";
	return desk->copies[i].more ? "what it says beside its status would be lost" : NULL;
}

/* The reader is asked for the edit: no table knows which words fit between which quotes. It
 * looks at what it replaces, not at the file. Where memory is short the edit itself fails. */
static bool can_be_written(const struct ds_desk *desk, int i, int status, char why[DS_WHY_ROOM])
{
	const struct ds_seen_copy *copy = &desk->copies[i];
	struct ds_text word = ds_text_of(ds_copy_word(desk->rule, i, status));
	struct ds_arena scratch = {0};
	struct ds_edit edit;

	bool made = desk->readers[i]->edit(&edit, ds_seen_bytes(copy), &copy->reading, word,
					   &scratch, why);
	ds_arena_free(&scratch);
	return made || !*why;
}

/* Whether that copy could be made to say it. Where its place, its file or the word is in the
 * way, `why`; else it is empty. */
static bool can_say(const struct ds_desk *desk, int i, int status, char why[DS_WHY_ROOM])
{
	const struct ds_seen_copy *copy = &desk->copies[i];
	const char *fixed = ds_why_fixed(desk, i);

	*why = '\0';
	if (!is_judged(desk, i) || (copy->set & one(status)))
		return true;
	if (fixed)
		return ds_edit_refuse(why, "%s", fixed);
	if (!copy->reading.editable)
		return ds_edit_refuse(why,
				      "it is written in a way that only a person should change");
	return can_be_written(desk, i, status, why);
}

bool ds_can_all_say(const struct ds_desk *desk, int status)
{
	char why[DS_WHY_ROOM];

	for (int i = 0; i < desk->copy_count; i++)
		if (!can_say(desk, i, status, why) || desk->copies[i].claims > 1)
			return false;
	return true;
}

int ds_left_by_hand(const struct ds_desk *desk, char why[DS_WHY_ROOM])
{
	int target = ds_would_regress(desk) ? DS_NO_STATUS : ds_target(desk);

	for (int i = 0; target != DS_NO_STATUS && i < desk->copy_count; i++)
		if (!can_say(desk, i, target, why) && *why)
			return i;
	return DS_NO_COPY;
}

bool ds_can_be_named(const struct ds_desk *desk, const struct ds_item *item)
{
	return !ds_needs_escape(ds_text_of(item->id)) && !item->twin &&
	       !(desk->where && ds_needs_escape(ds_text_of(desk->where))) &&
	       ds_id_is_sound(item->id);
}

bool ds_is_repairable(const struct ds_desk *desk, const struct ds_item *item)
{
	int target = ds_target(desk);

	return target != DS_NO_STATUS && ds_can_be_named(desk, item) && !ds_would_regress(desk) &&
	       ds_can_all_say(desk, target);
}

/* ---- Judging ------------------------------------------------------------ */

ds_severity ds_severity_in(const struct ds_rule *rule, ds_code code)
{
	if (rule->severity[code] && ds_code_may_pass(code))
		return (ds_severity)(rule->severity[code] - 1);
	return ds_code_info(code)->severity;
}

static bool is_gap(ds_code code)
{
	return code == DS_MISSING_COPY || code == DS_MISSING_STATUS;
}

static bool says_any(const struct ds_desk *desk)
{
	for (int i = 0; i < desk->copy_count; i++)
		if (is_judged(desk, i))
			return true;
	return false;
}

bool ds_is_forgiven(const struct ds_desk *desk, int i)
{
	const struct ds_copy_rule *rule = &desk->rule->copies[i];

	return is_gap(desk->copies[i].reading.code) &&
	       (rule->from == DS_FROM_HEAD || (rule->gap == DS_GAP_IGNORED && says_any(desk)));
}

static bool has_bad_field(const struct ds_desk *desk, int i)
{
	const char *const *fields = desk->rule->copies[i].fields;

	for (int k = 0; fields && k < DS_FIELD_LIMIT && fields[k]; k++)
		if (desk->copies[i].fields[k].code != DS_NO_CODE &&
		    !is_gap(desk->copies[i].fields[k].code))
			return true;
	return false;
}

static bool has_bad_parts(const struct ds_desk *desk)
{
	for (size_t i = 0; i < ds_rollup_count(desk->rule); i++)
		if (desk->parts[i].defect.code != DS_NO_CODE && !is_gap(desk->parts[i].defect.code))
			return true;
	return false;
}

static bool has_open_parts(const struct ds_desk *desk)
{
	for (size_t i = 0; i < ds_rollup_count(desk->rule); i++)
		if (ds_is_rollup_open(desk, i))
			return true;
	return false;
}

ds_item_state ds_judge(const struct ds_desk *desk)
{
	ds_item_state state = DS_ITEM_AGREES;

	if (ds_has_mismatch(desk) || ds_is_demand_broken(desk))
		return DS_ITEM_DESYNCED;
	for (int i = 0; i < desk->copy_count; i++) {
		const struct ds_seen_copy *copy = &desk->copies[i];
		ds_code code = copy->reading.code;
		if (copy->claims > 1 || has_bad_field(desk, i))
			return DS_ITEM_UNCHECKED;
		if (code == DS_NO_CODE || ds_is_forgiven(desk, i))
			continue;
		if (!is_gap(code))
			return DS_ITEM_UNCHECKED;
		state = DS_ITEM_INCOMPLETE;
	}
	if (has_bad_parts(desk))
		return DS_ITEM_UNCHECKED;
	return has_open_parts(desk) ? DS_ITEM_INCOMPLETE : state;
}
