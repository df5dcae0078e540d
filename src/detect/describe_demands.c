/* What is said where a status does not fit a field beside it, or its parts. */
#include <string.h>

#include "compare.h"
#include "demands.h"
#include "rules.h"
#include "words.h"

/* ---- Constraints --------------------------------------------------------- */

/* "needs_review, review or done" */
static void say_set(struct ds_words *w, ds_status_set set)
{
	const char *separator = "";

	for (int i = 0; i < DS_STATUS_LIMIT && set >> i; i++) {
		if (!(set >> i & 1))
			continue;
		ds_buf_printf(&w->line, "%s%s", separator, ds_word_of(w->desk, i));
		ds_status_set rest = set >> i >> 1;
		separator = rest & (rest - 1) ? ", " : " or ";
	}
}

/* The copy with the place of the field, where it has one. */
static bool begin_field(struct ds_words *w, ds_finding *finding, ds_code code, int i, int field)
{
	const struct ds_seen_copy *seen = &w->desk->copies[i];
	const struct ds_value *value = &seen->fields[field];

	if (!ds_begin_finding(w, finding, code, 1u << i))
		return false;
	ds_copy *copy = (ds_copy *)finding->copies;
	if (value->placed)
		ds_seen_position(seen, value->start, &copy->line, &copy->column);
	return true;
}

static bool describe_constraint(struct ds_words *w, struct ds_findings *findings,
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
		ds_say_text(&w->line, value->text, DS_SHOWN);
	else
		ds_buf_puts(&w->line, "not there");
	ds_buf_puts(&w->line, ", so the status must be ");
	say_set(w, constraint->allowed);
	ds_buf_printf(&w->line, ", not %s", ds_word_of(w->desk, seen->status));
	if (constraint->say)
		ds_buf_printf(&w->line, ": %s", constraint->say);
	return ds_add_finding(w, &finding, findings);
}

/* A field that cannot be told is as bad as a status that cannot. */
bool ds_describe_fields(struct ds_words *w, struct ds_findings *findings, int i)
{
	const char *const *fields = w->desk->rule->copies[i].fields;
	ds_finding finding;

	for (int k = 0; fields && k < DS_FIELD_LIMIT && fields[k]; k++) {
		const struct ds_value *value = &w->desk->copies[i].fields[k];
		if (value->code == DS_NO_CODE || value->code == DS_MISSING_COPY ||
		    value->code == DS_MISSING_STATUS || !ds_has_text(&w->desk->copies[i]))
			continue;
		if (!begin_field(w, &finding, value->code, i, k))
			return false;
		ds_buf_printf(&w->line, "%s of %s %s%s%s", fields[k], ds_name_of(w->desk, i),
			      ds_code_info(value->code)->phrase, value->why ? ": " : "",
			      value->why ? value->why : "");
		if (!ds_add_finding(w, &finding, findings))
			return false;
	}
	return true;
}

/* ---- Parts --------------------------------------------------------------- */

/* Those of the parts that the status contradicts. */
struct against {
	size_t count;
	const char *are;
};

static struct against find_against(const struct ds_desk *desk, size_t rollup)
{
	const struct ds_parts *parts = &desk->parts[rollup];
	size_t moved = parts->done + parts->begun;
	size_t left = parts->count - parts->done - parts->vague;
	const char *said = parts->path ? "checked" : "done";

	if (parts->done == parts->count)
		return (struct against){parts->count, said};
	/* It would do if none had moved. */
	if (moved && (desk->rule->rollups[rollup].none & ds_judged_set(desk)))
		return (struct against){moved, !parts->begun  ? said
					       : !parts->done ? "under way"
					       : parts->path  ? "checked or under way"
							      : "done or under way"};
	return (struct against){left ? left : parts->count - parts->done,
				parts->path ? "open" : "not done"};
}

/* "3 of 5 boxes of tasks.md are open", "all 5 items of the rule custodian are done" */
static void say_parts(struct ds_words *w, size_t rollup, const char *name)
{
	const struct ds_parts *parts = &w->desk->parts[rollup];
	struct against against = find_against(w->desk, rollup);

	if (against.count == parts->count)
		ds_buf_puts(&w->line, against.count == 1 ? "the only " : "all ");
	else
		ds_buf_printf(&w->line, "%zu of ", against.count);
	if (parts->count != 1)
		ds_buf_printf(&w->line, "%zu ", parts->count);
	ds_buf_printf(&w->line, "%s%s of %s %s %s", parts->path ? "box" : "item",
		      parts->count == 1 ? ""
		      : parts->path     ? "es"
					: "s",
		      name, against.count == 1 ? "is" : "are", against.are);
}

static const char *name_of_parts(const struct ds_desk *desk, size_t rollup)
{
	const char *path = desk->parts[rollup].path;
	const char *slash = path ? strrchr(path, '/') : NULL;

	return !path ? desk->rule->rollups[rollup].children : slash ? slash + 1 : path;
}

/* The file that the parts are in, and the copies that have a status. */
static bool begin_parts(struct ds_words *w, ds_finding *finding, ds_code code, size_t rollup,
			unsigned which)
{
	const struct ds_parts *parts = &w->desk->parts[rollup];

	if (!ds_begin_empty(w, finding, code, DS_COPY_LIMIT + 1))
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
	return ds_add_copies(w, finding, which);
}

static bool describe_rollup(struct ds_words *w, struct ds_findings *findings, size_t rollup)
{
	const struct ds_desk *desk = w->desk;
	ds_finding finding;

	if (!begin_parts(w, &finding, DS_ROLLUP_MISMATCH, rollup, ds_judged_copies(desk)))
		return false;
	if (desk->rule->authority == DS_PARTS && !ds_describe_repair(w, &finding))
		return false;
	say_parts(w, rollup, name_of_parts(desk, rollup));
	ds_buf_printf(&w->line, ", but the status is %s", ds_word_of(desk, ds_judged_status(desk)));
	if (desk->rule->authority == DS_PARTS)
		ds_say_by_hand(w);
	return ds_add_finding(w, &finding, findings);
}

/* It is not known to be wrong, so it is no error; what the rule counts as less stays so. */
static bool describe_open(struct ds_words *w, struct ds_findings *findings, size_t rollup)
{
	const struct ds_desk *desk = w->desk;
	const struct ds_parts *parts = &desk->parts[rollup];
	ds_finding finding;

	if (!begin_parts(w, &finding, DS_ROLLUP_MISMATCH, rollup, ds_judged_copies(desk)))
		return false;
	if (finding.severity > DS_WARNING)
		finding.severity = DS_WARNING;
	finding.advice = "settle the parts first";
	ds_buf_printf(&w->line,
		      "%zu of %zu parts in %s %s no status that is known: %s need not follow",
		      parts->vague, parts->count, name_of_parts(desk, rollup),
		      parts->vague == 1 ? "has" : "have", ds_word_of(desk, ds_judged_status(desk)));
	return ds_add_finding(w, &finding, findings);
}

static bool describe_bad_parts(struct ds_words *w, struct ds_findings *findings, size_t rollup)
{
	const struct ds_reading *defect = &w->desk->parts[rollup].defect;
	ds_finding finding;

	if (!begin_parts(w, &finding, defect->code, rollup, 0))
		return false;
	ds_buf_puts(&w->line, name_of_parts(w->desk, rollup));
	ds_say_defect(w, defect);
	return ds_add_finding(w, &finding, findings);
}

static bool describe_parts(struct ds_words *w, struct ds_findings *findings, bool mismatch)
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
		else if (ds_is_rollup_open(w->desk, i))
			well = describe_open(w, findings, i);
	}
	return well;
}

/* ---- Both ---------------------------------------------------------------- */

bool ds_describe_demands(struct ds_words *w, struct ds_findings *findings, bool mismatch)
{
	const struct ds_constraint *constraint = w->desk->rule->constraints;
	bool well = true;

	for (; well && constraint && constraint->copy != DS_NO_COPY; constraint++)
		if (ds_is_constraint_broken(w->desk, constraint))
			well = describe_constraint(w, findings, constraint);
	return well && describe_parts(w, findings, mismatch);
}
