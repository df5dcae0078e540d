/* What is said of an item. */
#include <string.h>

#include "compare.h"
#include "rules.h"
#include "words.h"

/* ---- Copies that disagree ------------------------------------------------ */

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
	unsigned which = ds_judged_copies(desk);
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
static void say_copies(struct ds_words *w, unsigned which)
{
	const char *separator = "";

	for (int i = 0; i < w->desk->copy_count; i++) {
		if (!(which & 1u << i))
			continue;
		ds_buf_printf(&w->line, "%s%s says ", separator, ds_name_of(w->desk, i));
		ds_say_text(&w->line, w->desk->copies[i].reading.text, DS_SHOWN);
		separator = ", ";
	}
}

static bool describe_mismatch(struct ds_words *w, struct ds_findings *findings)
{
	const struct ds_desk *desk = w->desk;
	unsigned which = ds_judged_copies(desk);
	bool regresses = ds_would_regress(desk);
	ds_finding finding;

	if (!ds_begin_finding(w, &finding, regresses ? DS_REGRESSION_PREVENTED : DS_STATUS_MISMATCH,
			      which) ||
	    !ds_describe_repair(w, &finding))
		return false;
	say_copies(w, which);
	if (regresses)
		ds_buf_printf(&w->line, "; %s would be a step back, and is left to a person",
			      ds_word_of(desk, ds_target(desk)));
	else
		ds_say_by_hand(w);
	finding.focus = focus_of(desk);
	return ds_add_finding(w, &finding, findings);
}

/* ---- What one copy says, or does not ------------------------------------- */

static bool describe_unknown(struct ds_words *w, struct ds_findings *findings, int i)
{
	const struct ds_reading *reading = &w->desk->copies[i].reading;
	const struct ds_rule *rule = w->desk->rule;
	ds_finding finding;

	if (!ds_begin_finding(w, &finding, DS_UNKNOWN_STATUS, 1u << i))
		return false;
	ds_buf_printf(&w->line, "%s says ", ds_name_of(w->desk, i));
	ds_say_text(&w->line, reading->text, DS_SHOWN);
	ds_buf_printf(&w->line, ", which is no status of the rule %s", rule->name);
	const char *near =
		reading->word ? ds_vocabulary_nearest(rule->vocabulary, reading->text) : NULL;
	if (near)
		ds_buf_printf(&w->line, "; is %s meant?", near);
	return ds_add_finding(w, &finding, findings);
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

static bool describe_defect(struct ds_words *w, struct ds_findings *findings, int first,
			    unsigned which)
{
	const struct ds_reading *reading = &w->desk->copies[first].reading;
	const char *separator = "";
	ds_finding finding;

	if (!ds_begin_finding(w, &finding, reading->code, which))
		return false;
	for (int i = 0; i < w->desk->copy_count; i++) {
		if (!(which & 1u << i))
			continue;
		ds_buf_printf(&w->line, "%s%s", separator, ds_name_of(w->desk, i));
		separator = " and ";
	}
	if (lacks_entry(w->desk, first)) {
		ds_buf_puts(&w->line, " has no entry for it");
		finding.advice = "add the entry, or remove the rest of the item";
	} else {
		ds_say_defect(w, reading);
	}
	if (w->desk->copies[first].again)
		finding.advice = "mend the rule, then look again";
	return ds_add_finding(w, &finding, findings);
}

static bool describe_copies(struct ds_words *w, unsigned done, struct ds_findings *findings)
{
	for (int i = 0; i < w->desk->copy_count; i++) {
		const struct ds_seen_copy *copy = &w->desk->copies[i];
		unsigned which = 1u << i;
		bool well = true;
		if ((done & which) || copy->said || copy->left || ds_is_forgiven(w->desk, i))
			continue;
		if (!ds_has_text(copy)) {
			which = same_defect(w->desk, i);
			well = describe_defect(w, findings, i, which);
		} else if (copy->status == DS_NO_STATUS && !ds_is_from_head(w->desk, i)) {
			well = describe_unknown(w, findings, i);
		}
		if (!well)
			return false;
		done |= which;
	}
	return true;
}

/* ---- Records that claim one item ----------------------------------------- */

enum {
	LINES_SHOWN = 5,
	CLAIMS_KEPT = 20, /* there may be a hundred thousand */
};

static void fill_claim(struct ds_words *w, ds_copy *copy, int i, const struct ds_entry *entry)
{
	copy->name = ds_name_of(w->desk, i);
	copy->path = ds_arena_string(w->strings, entry->document->path);
	ds_document_position(entry->document, entry->record->start, &copy->line, &copy->column);
}

static bool describe_claims(struct ds_words *w, struct ds_findings *findings, int i)
{
	size_t count = w->desk->copies[i].claims;
	const struct ds_entry *first;
	ds_finding finding;

	if (!ds_begin_empty(w, &finding, DS_DUPLICATE_ITEM, CLAIMS_KEPT))
		return false;
	finding.copy_count = count < CLAIMS_KEPT ? count : CLAIMS_KEPT;
	ds_ledger_find(&w->desk->ledgers[i], w->item->id, &first);
	ds_buf_printf(&w->line, "%zu entries of %s are about this one item: ", count,
		      ds_name_of(w->desk, i));
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
	return ds_add_finding(w, &finding, findings);
}

/* ---- Git's HEAD ---------------------------------------------------------- */

/* Which copy is the same as that one of HEAD: the one that is in the same place. */
static int counterpart(const struct ds_desk *desk, int head)
{
	const struct ds_copy_rule *copies = desk->rule->copies;
	int found = DS_NO_COPY;

	for (int i = 0; i < desk->copy_count; i++) {
		if (!(ds_judged_copies(desk) & 1u << i))
			continue;
		if (strcmp(copies[i].path, copies[head].path) == 0 &&
		    strcmp(copies[i].read, copies[head].read) == 0)
			return i;
		found = found == DS_NO_COPY ? i : found;
	}
	return found;
}

static bool describe_uncommitted(struct ds_words *w, struct ds_findings *findings, int head)
{
	int file = counterpart(w->desk, head);
	ds_finding finding;

	if (file == DS_NO_COPY || !ds_disagree(&w->desk->copies[file], &w->desk->copies[head]))
		return true;
	unsigned which = 1u << file | 1u << head;
	if (!ds_begin_finding(w, &finding, DS_UNCOMMITTED_STATUS, which))
		return false;
	say_copies(w, which);
	finding.focus = file > head;
	return ds_add_finding(w, &finding, findings);
}

/* ---- The whole ----------------------------------------------------------- */

bool ds_describe(const struct ds_desk *desk, const struct ds_item *item, unsigned settled,
		 struct ds_findings *findings, struct ds_arena *strings)
{
	struct ds_words w = {.desk = desk, .item = item, .strings = strings};
	bool mismatch = ds_has_mismatch(desk);
	bool well = settled || !mismatch || describe_mismatch(&w, findings);

	if (!settled)
		well = well && ds_describe_demands(&w, findings, mismatch);
	for (int i = 0; i < desk->copy_count && well; i++) {
		if (desk->copies[i].claims > 1)
			well = describe_claims(&w, findings, i);
		if (ds_is_from_head(desk, i) && ds_has_text(&desk->copies[i]) && !settled)
			well = well && describe_uncommitted(&w, findings, i);
		well = well && ds_describe_fields(&w, findings, i);
	}
	well = well && describe_copies(&w, settled, findings);
	ds_buf_free(&w.line);
	return well;
}
