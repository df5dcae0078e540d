/* What is said of an item: in words, and with commands. */
#include <string.h>

#include "compare.h"
#include "content.h"
#include "demands.h"
#include "rules.h"

static bool has_text(const struct ds_seen_copy *copy)
{
	return copy->reading.code == DS_NO_CODE;
}

static bool is_from_head(const struct ds_desk *desk, int i)
{
	return desk->rule->copies[i].from == DS_FROM_HEAD;
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

/* ---- Findings ----------------------------------------------------------- */

static void place(ds_copy *copy, const struct ds_seen_copy *seen)
{
	if (seen->reading.placed)
		ds_seen_position(seen, seen->reading.start, &copy->line, &copy->column);
}

static bool fill_copy(struct words *w, ds_copy *copy, int i)
{
	const struct ds_seen_copy *seen = &w->desk->copies[i];

	copy->name = name_of(w->desk, i);
	copy->path = ds_arena_string(w->strings, seen->path);
	copy->revision = is_from_head(w->desk, i) ? "HEAD" : NULL;
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

/* Begins a finding with room for copies. */
static bool begin_empty(struct words *w, ds_finding *finding, ds_code code, size_t room)
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
static bool add_copies(struct words *w, ds_finding *finding, unsigned which)
{
	ds_copy *copies = (ds_copy *)finding->copies;

	for (int i = 0; i < w->desk->copy_count; i++)
		if ((which & 1u << i) && !fill_copy(w, &copies[finding->copy_count++], i))
			return false;
	return true;
}

static bool begin(struct words *w, ds_finding *finding, ds_code code, unsigned which)
{
	return begin_empty(w, finding, code, DS_COPY_LIMIT) && add_copies(w, finding, which);
}

/* Ends it with the sentence that was made. */
static bool add(struct words *w, ds_finding *finding, struct ds_findings *findings)
{
	finding->message = keep(w);
	return finding->message && ds_findings_add(findings, finding);
}

/* Whether desync-set would take the item there from what each copy says. */
static bool may_be_set(const struct ds_desk *desk, int status)
{
	const struct ds_vocabulary *vocabulary = desk->rule->vocabulary;

	for (int i = 0; i < desk->copy_count; i++) {
		const struct ds_seen_copy *copy = &desk->copies[i];
		if (copy->status != DS_NO_STATUS && !is_from_head(desk, i) &&
		    !(copy->set >> status & 1) &&
		    !ds_vocabulary_allows(vocabulary, copy->status, status))
			return false;
	}
	return true;
}

/* How to get what a copy says: to believe it is no step, and so goes where the rule has
 * none. */
static void say_choice(struct words *w, int copy)
{
	int status = w->desk->copies[copy].status;

	if (may_be_set(w->desk, status)) {
		say_command(w, "desync-set");
		ds_buf_puts(&w->line, " ");
		ds_shell_quote(&w->line, ds_text_of(word_of(w->desk, status)));
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
}

static bool describe_other(struct words *w, ds_finding *finding, const char *to, int copy)
{
	ds_buf_printf(&w->line, "to %s %s", to, word_of(w->desk, w->desk->copies[copy].status));
	finding->choice = keep(w);
	say_choice(w, copy);
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
		if (kept == DS_NO_COPY && desk->copies[i].status != DS_NO_STATUS &&
		    ds_can_all_say(desk, desk->copies[i].status))
			kept = i;
	}
	ds_buf_printf(&w->line, " to %s", word_of(desk, ds_target(desk)));
	finding->outcome = keep(w);
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
		if (status != DS_NO_STATUS && status != but && !is_from_head(desk, i) &&
		    ds_can_all_say(desk, status))
			return i;
	}
	return DS_NO_COPY;
}

/* Where nobody is believed there are two results, and none of them is a repair. */
static bool describe_choices(struct words *w, ds_finding *finding)
{
	const struct ds_desk *desk = w->desk;
	int one = ds_can_be_named(desk, w->item) ? next_choice(desk, 0, DS_NO_STATUS) : DS_NO_COPY;
	int two = one < 0 ? one : next_choice(desk, one + 1, desk->copies[one].status);

	if (two < 0)
		return true;
	ds_buf_printf(&w->line, "to make it %s: ", word_of(desk, desk->copies[two].status));
	say_choice(w, two);
	finding->advice = keep(w);
	return finding->advice && describe_other(w, finding, "make it", one);
}

static bool describe_repair(struct words *w, ds_finding *finding)
{
	if (!ds_is_repairable(w->desk, w->item))
		return describe_choices(w, finding);
	say_command(w, "desync-fix --yes");
	finding->fix = keep(w);
	return finding->fix && describe_outcome(w, finding);
}

/* The copies of what is judged that have a text. */
static unsigned judged(const struct ds_desk *desk)
{
	unsigned which = 0;

	for (int i = 0; i < desk->copy_count; i++)
		which |= has_text(&desk->copies[i]) && !is_from_head(desk, i) ? 1u << i : 0;
	return which;
}

/* Whether a repair changes the copy, or would if what the authority says were a status. */
static bool gives_way(const struct ds_desk *desk, int i)
{
	int authority = desk->rule->authority;

	if (ds_target(desk) != DS_NO_STATUS)
		return ds_is_to_change(desk, i);
	return authority >= 0 && ds_disagree(&desk->copies[i], &desk->copies[authority]);
}

/* The copy to look at first. */
static size_t focus_of(const struct ds_desk *desk)
{
	unsigned which = judged(desk);
	size_t shown = 0;

	for (int i = 0; i < desk->copy_count; i++) {
		if (!(which & 1u << i))
			continue;
		if (gives_way(desk, i))
			return shown;
		shown++;
	}
	return 0;
}

/* "metadata.json says completed, spec.md says active" */
static void say_copies(struct words *w, unsigned which)
{
	const char *separator = "";

	for (int i = 0; i < w->desk->copy_count; i++) {
		if (!(which & 1u << i))
			continue;
		ds_buf_printf(&w->line, "%s%s says ", separator, name_of(w->desk, i));
		say_text(&w->line, w->desk->copies[i].reading.text, SHOWN);
		separator = ", ";
	}
}

/* A copy that would have to change, and has a date or a number behind its status. */
static int says_more(const struct ds_desk *desk)
{
	for (int i = 0; i < desk->copy_count; i++)
		if (ds_is_to_change(desk, i) &&
		    ds_copy_says_more(desk->rule, i, desk->copies[i].reading.text))
			return i;
	return DS_NO_COPY;
}

static bool describe_mismatch(struct words *w, struct ds_findings *findings)
{
	const struct ds_desk *desk = w->desk;
	unsigned which = judged(desk);
	bool regresses = ds_would_regress(desk);
	int more = says_more(desk);
	ds_finding finding;

	if (!begin(w, &finding, regresses ? DS_REGRESSION_PREVENTED : DS_STATUS_MISMATCH, which) ||
	    !describe_repair(w, &finding))
		return false;
	say_copies(w, which);
	if (regresses)
		ds_buf_printf(&w->line, "; %s would be a step back, and is left to a person",
			      word_of(desk, ds_target(desk)));
	else if (more != DS_NO_COPY)
		ds_buf_printf(&w->line,
			      "; what %s says beside its status would be lost, and is left to a "
			      "person",
			      name_of(desk, more));
	finding.focus = focus_of(desk);
	return add(w, &finding, findings);
}

static bool describe_unknown(struct words *w, struct ds_findings *findings, int i)
{
	const struct ds_reading *reading = &w->desk->copies[i].reading;
	const struct ds_rule *rule = w->desk->rule;
	ds_finding finding;

	if (!begin(w, &finding, DS_UNKNOWN_STATUS, 1u << i))
		return false;
	ds_buf_printf(&w->line, "%s says ", name_of(w->desk, i));
	say_text(&w->line, reading->text, SHOWN);
	ds_buf_printf(&w->line, ", which is no status of the rule %s", rule->name);
	const char *near =
		reading->word ? ds_vocabulary_nearest(rule->vocabulary, reading->text) : NULL;
	if (near)
		ds_buf_printf(&w->line, "; is %s meant?", near);
	return add(w, &finding, findings);
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
				   !desk->copies[i].said && strcmp(other->why, reading->why) == 0))
			which |= 1u << i;
	}
	return which;
}

/* The file is there, and has no record of the item. */
static bool lacks_entry(const struct ds_desk *desk, int i)
{
	const struct ds_reading *reading = &desk->copies[i].reading;

	return desk->rule->copies[i].many && reading->code == DS_MISSING_COPY && reading->why[0];
}

static void say_defect(struct words *w, const struct ds_reading *reading)
{
	ds_buf_printf(&w->line, " %s", ds_code_info(reading->code)->phrase);
	if (reading->why[0])
		ds_buf_printf(&w->line, ": %s", reading->why);
}

static bool describe_defect(struct words *w, struct ds_findings *findings, int first,
			    unsigned which)
{
	const struct ds_reading *reading = &w->desk->copies[first].reading;
	const char *separator = "";
	ds_finding finding;

	if (!begin(w, &finding, reading->code, which))
		return false;
	for (int i = 0; i < w->desk->copy_count; i++) {
		if (!(which & 1u << i))
			continue;
		ds_buf_printf(&w->line, "%s%s", separator, name_of(w->desk, i));
		separator = " and ";
	}
	if (lacks_entry(w->desk, first)) {
		ds_buf_puts(&w->line, " has no entry for it");
		finding.advice = "add the entry, or remove the rest of the item";
	} else {
		say_defect(w, reading);
	}
	return add(w, &finding, findings);
}

static bool describe_copies(struct words *w, unsigned done, struct ds_findings *findings)
{
	for (int i = 0; i < w->desk->copy_count; i++) {
		const struct ds_seen_copy *copy = &w->desk->copies[i];
		unsigned which = 1u << i;
		bool well = true;
		if ((done & which) || copy->said || copy->left || ds_is_forgiven(w->desk, i))
			continue;
		if (!has_text(copy)) {
			which = same_defect(w->desk, i);
			well = describe_defect(w, findings, i, which);
		} else if (copy->status == DS_NO_STATUS && !is_from_head(w->desk, i)) {
			well = describe_unknown(w, findings, i);
		}
		if (!well)
			return false;
		done |= which;
	}
	return true;
}

/* ---- Records that claim one item ---------------------------------------- */

enum {
	LINES_SHOWN = 5,
	CLAIMS_KEPT = 20, /* there may be a hundred thousand */
};

static void fill_claim(struct words *w, ds_copy *copy, int i, const struct ds_entry *entry)
{
	copy->name = name_of(w->desk, i);
	copy->path = ds_arena_string(w->strings, entry->document->path);
	ds_document_position(entry->document, entry->record->start, &copy->line, &copy->column);
}

static bool describe_claims(struct words *w, struct ds_findings *findings, int i)
{
	size_t count = w->desk->copies[i].claims;
	const struct ds_entry *first;
	ds_finding finding;

	if (!begin_empty(w, &finding, DS_DUPLICATE_ITEM, CLAIMS_KEPT))
		return false;
	finding.copy_count = count < CLAIMS_KEPT ? count : CLAIMS_KEPT;
	ds_ledger_find(&w->desk->ledgers[i], w->item->id, &first);
	ds_buf_printf(&w->line, "%zu entries of %s are about this one item: ", count,
		      name_of(w->desk, i));
	for (size_t k = 0; k < finding.copy_count; k++) {
		ds_copy *copy = (ds_copy *)&finding.copies[k];
		fill_claim(w, copy, i, &first[k]);
		if (!copy->path)
			return false;
		if (k < LINES_SHOWN)
			ds_buf_printf(&w->line, "%sline %zu", k ? ", " : "", copy->line);
	}
	if (count > LINES_SHOWN)
		ds_buf_printf(&w->line, " and %zu more", count - LINES_SHOWN);
	return add(w, &finding, findings);
}

/* ---- Git's HEAD --------------------------------------------------------- */

/* Which copy is the same as that one of HEAD: the one that is in the same place. */
static int counterpart(const struct ds_desk *desk, int head)
{
	const struct ds_copy_rule *copies = desk->rule->copies;
	int found = DS_NO_COPY;

	for (int i = 0; i < desk->copy_count; i++) {
		if (!(judged(desk) & 1u << i))
			continue;
		if (strcmp(copies[i].path, copies[head].path) == 0 &&
		    strcmp(copies[i].read, copies[head].read) == 0)
			return i;
		found = found == DS_NO_COPY ? i : found;
	}
	return found;
}

static bool describe_uncommitted(struct words *w, struct ds_findings *findings, int head)
{
	int file = counterpart(w->desk, head);
	ds_finding finding;

	if (file == DS_NO_COPY || !ds_disagree(&w->desk->copies[file], &w->desk->copies[head]))
		return true;
	unsigned which = 1u << file | 1u << head;
	if (!begin(w, &finding, DS_UNCOMMITTED_STATUS, which))
		return false;
	say_copies(w, which);
	finding.focus = file > head;
	return add(w, &finding, findings);
}

/* ---- Constraints -------------------------------------------------------- */

/* "needs_review, review or done" */
static void say_set(struct words *w, ds_status_set set)
{
	const char *separator = "";

	for (int i = 0; i < DS_STATUS_LIMIT && set >> i; i++) {
		if (!(set >> i & 1))
			continue;
		ds_buf_printf(&w->line, "%s%s", separator, word_of(w->desk, i));
		ds_status_set rest = set >> i >> 1;
		separator = rest & (rest - 1) ? ", " : " or ";
	}
}

/* The copy with the place of the field, where it has one. */
static bool begin_field(struct words *w, ds_finding *finding, ds_code code, int i, int field)
{
	const struct ds_seen_copy *seen = &w->desk->copies[i];
	const struct ds_value *value = &seen->fields[field];

	if (!begin(w, finding, code, 1u << i))
		return false;
	ds_copy *copy = (ds_copy *)finding->copies;
	if (value->placed)
		ds_seen_position(seen, value->start, &copy->line, &copy->column);
	return true;
}

static bool describe_constraint(struct words *w, struct ds_findings *findings,
				const struct ds_constraint *constraint)
{
	const struct ds_seen_copy *seen = &w->desk->copies[constraint->copy];
	const char *field = w->desk->rule->copies[constraint->copy].fields[constraint->field];
	const struct ds_value *value = &seen->fields[constraint->field];
	ds_finding finding;

	if (!begin_field(w, &finding, DS_CONSTRAINT, constraint->copy, constraint->field))
		return false;
	ds_buf_printf(&w->line, "%s is ", field);
	if (value->code == DS_NO_CODE)
		say_text(&w->line, value->text, SHOWN);
	else
		ds_buf_puts(&w->line, "not there");
	ds_buf_puts(&w->line, ", so the status must be ");
	say_set(w, constraint->allowed);
	ds_buf_printf(&w->line, ", not %s", word_of(w->desk, seen->status));
	if (constraint->say)
		ds_buf_printf(&w->line, ": %s", constraint->say);
	return add(w, &finding, findings);
}

/* A field that cannot be told is as bad as a status that cannot. */
static bool describe_fields(struct words *w, struct ds_findings *findings, int i)
{
	const char *const *fields = w->desk->rule->copies[i].fields;
	ds_finding finding;

	for (int k = 0; fields && k < DS_FIELD_LIMIT && fields[k]; k++) {
		const struct ds_value *value = &w->desk->copies[i].fields[k];
		if (value->code == DS_NO_CODE || value->code == DS_MISSING_COPY ||
		    value->code == DS_MISSING_STATUS || !has_text(&w->desk->copies[i]))
			continue;
		if (!begin_field(w, &finding, value->code, i, k))
			return false;
		ds_buf_printf(&w->line, "%s of %s %s%s%s", fields[k], name_of(w->desk, i),
			      ds_code_info(value->code)->phrase, value->why ? ": " : "",
			      value->why ? value->why : "");
		if (!add(w, &finding, findings))
			return false;
	}
	return true;
}

/* ---- Parts -------------------------------------------------------------- */

/* "3 of 5 boxes of tasks.md are open", "all 5 items of the rule custodian are done" */
static void say_parts(struct words *w, const struct ds_parts *parts, const char *name)
{
	bool done = parts->done == parts->count;
	size_t count = done ? parts->count : parts->count - parts->done;

	if (count == parts->count)
		ds_buf_puts(&w->line, count == 1 ? "the only " : "all ");
	else
		ds_buf_printf(&w->line, "%zu of ", count);
	if (parts->count != 1)
		ds_buf_printf(&w->line, "%zu ", parts->count);
	ds_buf_printf(&w->line, "%s%s of %s %s ", parts->path ? "box" : "item",
		      parts->count == 1 ? ""
		      : parts->path     ? "es"
					: "s",
		      name, count == 1 ? "is" : "are");
	ds_buf_puts(&w->line,
		    parts->path ? (done ? "checked" : "open") : (done ? "done" : "not done"));
}

static const char *name_of_parts(const struct ds_desk *desk, size_t rollup)
{
	const char *path = desk->parts[rollup].path;
	const char *slash = path ? strrchr(path, '/') : NULL;

	return !path ? desk->rule->rollups[rollup].children : slash ? slash + 1 : path;
}

/* The file that the parts are in, and the copies that have a status. */
static bool begin_parts(struct words *w, ds_finding *finding, ds_code code, size_t rollup,
			unsigned which)
{
	const struct ds_parts *parts = &w->desk->parts[rollup];

	if (!begin_empty(w, finding, code, DS_COPY_LIMIT + 1))
		return false;
	ds_copy *copy = (ds_copy *)finding->copies;
	if (parts->path) {
		copy->name = ds_arena_string(w->strings, name_of_parts(w->desk, rollup));
		copy->path = ds_arena_string(w->strings, parts->path);
		copy->line = parts->line;
		copy->column = parts->line ? 1 : 0;
		finding->copy_count = 1;
		if (!copy->name || !copy->path)
			return false;
	}
	return add_copies(w, finding, which);
}

static bool describe_rollup(struct words *w, struct ds_findings *findings, size_t rollup)
{
	const struct ds_desk *desk = w->desk;
	ds_finding finding;

	if (!begin_parts(w, &finding, DS_ROLLUP_MISMATCH, rollup, judged(desk)))
		return false;
	if (desk->rule->authority == DS_PARTS && !describe_repair(w, &finding))
		return false;
	say_parts(w, &desk->parts[rollup], name_of_parts(desk, rollup));
	ds_buf_printf(&w->line, ", but the status is %s", word_of(desk, ds_judged_status(desk)));
	return add(w, &finding, findings);
}

static bool describe_bad_parts(struct words *w, struct ds_findings *findings, size_t rollup)
{
	const struct ds_reading *defect = &w->desk->parts[rollup].defect;
	ds_finding finding;

	if (!begin_parts(w, &finding, defect->code, rollup, 0))
		return false;
	ds_buf_puts(&w->line, name_of_parts(w->desk, rollup));
	say_defect(w, defect);
	return add(w, &finding, findings);
}

static bool describe_parts(struct words *w, struct ds_findings *findings, bool mismatch)
{
	bool well = true;

	for (size_t i = 0; i < ds_rollup_count(w->desk->rule) && well; i++) {
		ds_code defect = w->desk->parts[i].defect.code;
		if (defect != DS_NO_CODE && defect != DS_MISSING_COPY)
			well = describe_bad_parts(w, findings, i);
		/* A repair of the mismatch is one of this too. */
		else if (!(mismatch && w->desk->rule->authority == DS_PARTS) &&
			 ds_is_rollup_broken(w->desk, i))
			well = describe_rollup(w, findings, i);
	}
	return well;
}

/* ---- The whole ---------------------------------------------------------- */

static bool describe_demands(struct words *w, struct ds_findings *findings, bool mismatch)
{
	const struct ds_constraint *constraint = w->desk->rule->constraints;
	bool well = true;

	for (; well && constraint && constraint->copy != DS_NO_COPY; constraint++)
		if (ds_is_constraint_broken(w->desk, constraint))
			well = describe_constraint(w, findings, constraint);
	return well && describe_parts(w, findings, mismatch);
}

bool ds_describe(const struct ds_desk *desk, const struct ds_item *item, unsigned settled,
		 struct ds_findings *findings, struct ds_arena *strings)
{
	struct words w = {.desk = desk, .item = item, .strings = strings};
	bool mismatch = ds_has_mismatch(desk);
	bool well = settled || !mismatch || describe_mismatch(&w, findings);

	if (!settled)
		well = well && describe_demands(&w, findings, mismatch);
	for (int i = 0; i < desk->copy_count && well; i++) {
		if (desk->copies[i].claims > 1)
			well = describe_claims(&w, findings, i);
		if (is_from_head(desk, i) && has_text(&desk->copies[i]) && !settled)
			well = well && describe_uncommitted(&w, findings, i);
		well = well && describe_fields(&w, findings, i);
	}
	well = well && describe_copies(&w, settled, findings);
	ds_buf_free(&w.line);
	return well;
}
