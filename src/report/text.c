/* The report for a person: errors whole, warnings folded, and a count. */
#include <string.h>

#include "finding.h"
#include "report.h"

enum {
	IDS_SHOWN = 3,
	LINE_LIMIT = 40, /* of a commit that is blocked: the others are counted */
	WHOLE_LIMIT = 6, /* with more errors than this, each is one line: a screen shows them */
};

/* Lines are long enough without saying the id twice. */
static bool is_named_by_path(const ds_finding *finding)
{
	return !finding->item ||
	       (finding->copy_count && strstr(finding->copies[finding->focus].path, finding->item));
}

static void put_finding(struct ds_writer *w, const ds_finding *finding)
{
	ds_paint(w, DS_BOLD);
	if (finding->copy_count) {
		ds_put_place(w, &finding->copies[finding->focus]);
		ds_put(w, ": ");
	}
	ds_paint(w, DS_PLAIN);
	ds_paint(w, finding->severity == DS_ERROR ? DS_RED : DS_YELLOW);
	ds_put(w, ds_severity_name(finding->severity));
	ds_put(w, ":");
	ds_paint(w, DS_PLAIN);
	ds_put(w, " ");
	if (!is_named_by_path(finding)) {
		ds_put_escaped(w, finding->item);
		ds_put(w, ": ");
	}
	ds_put_escaped(w, finding->message);
	ds_putf(w, " [%s]\n", ds_code_name(finding->code));
}

static size_t count_errors(const struct ds_outcome *outcome)
{
	size_t count = 0;
	for (size_t i = 0; i < outcome->finding_count; i++)
		count += outcome->findings[i].severity == DS_ERROR;
	return count;
}

static void put_whole(struct ds_writer *w, const ds_finding *finding)
{
	put_finding(w, finding);
	ds_put_copies(w, finding, false);
	ds_put_repair(w, finding);
}

static void put_errors(struct ds_writer *w, const struct ds_outcome *outcome, bool whole)
{
	for (size_t i = 0; i < outcome->finding_count; i++) {
		const ds_finding *finding = &outcome->findings[i];
		if (finding->severity != DS_ERROR)
			continue;
		if (whole)
			put_whole(w, finding);
		else
			put_finding(w, finding);
	}
	if (!whole)
		ds_put(w,
		       "    -v shows the other copy, the repair of each, and what it results in\n");
}

static void put_others(struct ds_writer *w, const struct ds_outcome *outcome)
{
	for (size_t i = 0; i < outcome->finding_count; i++)
		if (outcome->findings[i].severity != DS_ERROR)
			put_finding(w, &outcome->findings[i]);
}

/* Items of one name are several, in several rules: what is next to it is in order of both. */
static bool is_same_item(const ds_finding *a, const ds_finding *b)
{
	return strcmp(a->rule, b->rule) == 0 && strcmp(a->item, b->item) == 0;
}

/* The next finding of that code about another item than `last`, or NULL. What a rule counts as
 * an error was said by itself. */
static const ds_finding *next_item(const struct ds_outcome *outcome, ds_code code,
				   const ds_finding *last)
{
	const ds_finding *end = outcome->findings + outcome->finding_count;

	for (const ds_finding *at = last + 1; at < end; at++)
		if (at->code == code && at->item && at->severity != DS_ERROR &&
		    !is_same_item(last, at))
			return at;
	return NULL;
}

/* All items with a finding of the code of `head`, the first, in one line. */
static void put_folded(struct ds_writer *w, const struct ds_outcome *outcome,
		       const ds_finding *head)
{
	const ds_finding *item = head;
	size_t shown = 0;
	size_t count = 1;

	while ((item = next_item(outcome, head->code, item)))
		count++;
	ds_paint(w, DS_YELLOW);
	ds_put(w, ds_severity_name(head->severity));
	ds_put(w, ":");
	ds_paint(w, DS_PLAIN);
	ds_putf(w, " %zu item%s: %s [%s]", count, count == 1 ? "" : "s",
		ds_code_info(head->code)->in_short, ds_code_name(head->code));
	for (item = head; item && shown < IDS_SHOWN; shown++) {
		ds_put(w, shown ? ", " : ": ");
		ds_put_escaped(w, item->item);
		item = next_item(outcome, head->code, item);
	}
	if (count > shown)
		ds_putf(w, " and %zu more", count - shown);
	ds_put(w, " (-v lists them)\n");
}

/* What is about a whole file says more than a count can; of very many, the first. */
static void put_of_files(struct ds_writer *w, const struct ds_outcome *outcome)
{
	size_t count = 0;

	for (size_t i = 0; i < outcome->finding_count; i++) {
		const ds_finding *finding = &outcome->findings[i];
		if (!finding->item && finding->severity != DS_ERROR && count++ < WHOLE_LIMIT)
			put_finding(w, finding);
	}
	if (count > WHOLE_LIMIT)
		ds_putf(w, "    and %zu more files (-v lists them)\n", count - WHOLE_LIMIT);
}

static void put_all_folded(struct ds_writer *w, const struct ds_outcome *outcome)
{
	bool done[64] = {false};

	put_of_files(w, outcome);
	for (size_t i = 0; i < outcome->finding_count; i++) {
		const ds_finding *finding = &outcome->findings[i];
		if (finding->severity == DS_ERROR || !finding->item || done[finding->code])
			continue;
		done[finding->code] = true;
		put_folded(w, outcome, finding);
	}
}

static void put_count(struct ds_writer *w, const char **separator, enum ds_paint paint,
		      size_t count, const char *what)
{
	if (!count)
		return;
	ds_put(w, *separator);
	ds_paint(w, paint);
	ds_putf(w, "%zu %s", count, what);
	ds_paint(w, DS_PLAIN);
	*separator = ", ";
}

void ds_put_summary(struct ds_writer *w, const ds_summary *summary)
{
	const char *separator = "";

	if (!summary->items)
		ds_put(w, "0 items");
	else if (!summary->agree)
		ds_put(w, "0 agree"), separator = ", ";
	put_count(w, &separator, DS_GREEN, summary->agree, "agree");
	put_count(w, &separator, DS_RED, summary->desync, "desynced");
	put_count(w, &separator, DS_RED, summary->unchecked, "could not be checked");
	put_count(w, &separator, DS_YELLOW, summary->incomplete, "cannot be compared");
	if (summary->baselined)
		ds_putf(w, "; %zu let pass by the baseline", summary->baselined);
	if (summary->not_looked_at) {
		ds_putf(w, "; %zu in ", summary->not_looked_at);
		ds_put_escaped(w, summary->skipped);
		ds_put(w, summary->skipped_dirs > 1 ? " and others" : "");
		ds_put(w, " not looked at (--all)");
	}
	if (summary->not_listed)
		ds_putf(w, "; %zu skipped director%s could not be listed (--all says why)",
			summary->not_listed, summary->not_listed == 1 ? "y" : "ies");
	if (summary->unlocked)
		ds_put(w, "; read without the lock of the writers, which could not be had");
	ds_put(w, "\n");
}

static void write_findings(struct ds_writer *w, const struct ds_outcome *outcome,
			   const ds_report_options *options)
{
	put_errors(w, outcome, options->verbose || count_errors(outcome) <= WHOLE_LIMIT);
	if (options->verbose)
		put_others(w, outcome);
	else
		put_all_folded(w, outcome);
}

static void put_notes(struct ds_writer *w, const ds_summary *summary)
{
	struct ds_text note;

	for (const char *rest = summary->notes; ds_next_note(&rest, &note);) {
		ds_put(w, "note: ");
		ds_escape(&w->pending, note);
		ds_put(w, "\n");
	}
}

static void write_text(struct ds_writer *w, const struct ds_outcome *outcome,
		       const ds_report_options *options)
{
	write_findings(w, outcome, options);
	put_notes(w, outcome->summary);
	/* Where no id fitted, there is nothing to count. */
	if (outcome->summary->items || !outcome->trouble_count)
		ds_put_summary(w, outcome->summary);
}

const struct ds_format ds_text_format = {"text", write_text};

/* The same without the count, for a program that has one of its own. */
const struct ds_format ds_findings_format = {"findings", write_findings};

static bool blocks(const ds_finding *finding, const ds_report_options *options)
{
	return finding->severity == DS_ERROR ||
	       (finding->severity == DS_WARNING && options->strict);
}

/* Only what is in the way, and of much no more than a screen holds. */
static void write_hook(struct ds_writer *w, const struct ds_outcome *outcome,
		       const ds_report_options *options)
{
	size_t shown = 0;

	for (size_t i = 0; i < outcome->finding_count; i++) {
		const ds_finding *finding = &outcome->findings[i];
		if (!blocks(finding, options))
			continue;
		if (shown++ < WHOLE_LIMIT || options->verbose)
			put_whole(w, finding);
		else if (shown <= LINE_LIMIT)
			put_finding(w, finding);
	}
	if (shown > WHOLE_LIMIT && !options->verbose)
		ds_putf(w, "    %zu in all; the repair of each: desync-scan %s -v\n", shown,
			strcmp(outcome->source, "index") == 0 ? "--staged" : "--rev REV");
}

/* For a person who wanted to commit or push, and cannot. */
const struct ds_format ds_hook_format = {"hook", write_hook};
