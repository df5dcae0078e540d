/* From what each rule found to one result, and what is asked of that. */
#include "result.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compose.h"
#include "finding.h"
#include "report.h"

/* ---- Putting it together ------------------------------------------------ */

static void view_item(ds_item_view *view, const struct ds_rule *rule, const struct ds_item *item)
{
	const struct ds_status_word *words = rule->vocabulary->statuses;

	*view = (ds_item_view){.id = item->id,
			       .rule = rule->name,
			       .path = item->path,
			       .state = (ds_item_state)item->state};
	if (item->status != DS_NO_STATUS) {
		view->status = words[item->status].word;
		view->in_progress = words[item->status].in_progress;
	}
}

static void count_item(ds_summary *summary, ds_item_state state)
{
	size_t *const counts[] = {
		[DS_ITEM_AGREES] = &summary->agree,
		[DS_ITEM_DESYNCED] = &summary->desync,
		[DS_ITEM_INCOMPLETE] = &summary->incomplete,
		[DS_ITEM_UNCHECKED] = &summary->unchecked,
	};
	summary->items++;
	++*counts[state];
}

/* The directory that an item lies in: its name, not its path. */
static struct ds_text shelf_of(const struct ds_item *item)
{
	const char *end = strrchr(item->path, '/');
	if (!end)
		return (struct ds_text){item->path, 0};
	const char *start = end;
	while (start > item->path && start[-1] != '/')
		start--;
	return (struct ds_text){start, (size_t)(end - start)};
}

/* Items come shelf by shelf, as the directories were listed. */
static bool count_skipped(ds_summary *summary, struct ds_scanned *scanned)
{
	const struct ds_items *skipped = &scanned->skipped;
	size_t most = 0;
	size_t to;

	summary->not_listed += scanned->shelves_unlisted;

	for (size_t from = 0; from < skipped->len; from = to) {
		struct ds_text shelf = shelf_of(&skipped->at[from]);
		for (to = from + 1; to < skipped->len; to++)
			if (!ds_text_equal(shelf, shelf_of(&skipped->at[to])))
				break;
		summary->skipped_dirs++;
		summary->not_looked_at += to - from;
		if (to - from <= most)
			continue;
		most = to - from;
		summary->skipped = ds_arena_copy(&scanned->strings, shelf.at, shelf.len);
		if (!summary->skipped)
			return false;
	}
	return true;
}

static bool reserve(ds_result *result, const ds_scan_options *options)
{
	size_t findings = result->own.len;
	size_t items = 0;
	/* ds_let_pass may have some, and each id where no rule has items. */
	size_t trouble = 1 + (options->ids ? options->id_count : 0);

	for (size_t i = 0; i < result->rule_count; i++) {
		findings += result->scanned[i].findings.len;
		items += result->scanned[i].items.len;
		trouble += result->scanned[i].trouble_count;
	}
	/* One more than needed: calloc(0) may return NULL. */
	result->findings = calloc(findings + 1, sizeof *result->findings);
	result->items = calloc(items + 1, sizeof *result->items);
	result->trouble = calloc(trouble + 1, sizeof *result->trouble);
	return result->findings && result->items && result->trouble;
}

/* No rule was there to refuse the ids that were asked for: that must not pass. */
static bool refuse_ids(ds_result *result, const ds_scan_options *options)
{
	for (size_t i = 0; options->ids && i < options->id_count; i++) {
		struct ds_buf line = {0};
		ds_escape(&line, ds_text_of(options->ids[i]));
		ds_buf_puts(&line, ": no such item: there is no rule here that has items");
		const char *kept = ds_keep_line(&result->strings, &line);
		if (!kept)
			return false;
		result->trouble[result->trouble_count++] = kept;
	}
	return true;
}

static void add_findings(ds_result *result, const struct ds_findings *findings)
{
	for (size_t i = 0; i < findings->len; i++)
		result->findings[result->finding_count++] = findings->at[i];
}

static bool add_rule(ds_result *result, const struct ds_rule *rule, struct ds_scanned *scanned)
{
	for (size_t i = 0; i < scanned->items.len; i++) {
		view_item(&result->items[result->item_count++], rule, &scanned->items.at[i]);
		count_item(&result->summary, (ds_item_state)scanned->items.at[i].state);
	}
	add_findings(result, &scanned->findings);
	for (size_t i = 0; i < scanned->trouble_count; i++)
		result->trouble[result->trouble_count++] = scanned->trouble[i];
	/* What was copied need not be kept twice; items are asked for (ds_unlisted). */
	ds_findings_free(&scanned->findings);
	return count_skipped(&result->summary, scanned);
}

bool ds_result_fill(ds_result *result, const ds_repo *repo, const ds_scan_options *options)
{
	if (!reserve(result, options) || (!result->rule_count && !refuse_ids(result, options)))
		return false;
	add_findings(result, &result->own);
	for (size_t i = 0; i < result->rule_count; i++) {
		if (!add_rule(result, repo->rules[i], &result->scanned[i]))
			return false;
		result->ends[i] = result->item_count;
	}
	ds_count_warnings(result);
	return true;
}

void ds_result_free(ds_result *result)
{
	if (!result)
		return;
	for (size_t i = 0; result->scanned && i < result->scan_count; i++)
		ds_scanned_free(&result->scanned[i]);
	free(result->scanned);
	free(result->ends);
	ds_findings_free(&result->own);
	ds_arena_free(&result->strings);
	free(result->findings);
	free(result->items);
	free(result->trouble);
	free(result);
}

/* ---- Its findings --------------------------------------------------------- */

const struct ds_rule *ds_rule_of(const ds_repo *repo, const ds_finding *finding)
{
	for (const struct ds_rule **rule = repo->rules; *rule; rule++)
		if (finding->rule && strcmp((*rule)->name, finding->rule) == 0)
			return *rule;
	return NULL;
}

/* The first item of the rule whose id is not less. */
static size_t find_id(const ds_result *result, size_t from, size_t to, const char *id)
{
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (strcmp(result->items[middle].id, id) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

const ds_item_view *ds_item_of(const ds_result *result, const ds_repo *repo,
			       const ds_finding *finding, size_t nth)
{
	size_t rule = 0;

	while (repo->rules[rule] && strcmp(repo->rules[rule]->name, finding->rule) != 0)
		rule++;
	if (!finding->item || !repo->rules[rule])
		return NULL;
	size_t at = find_id(result, rule ? result->ends[rule - 1] : 0, result->ends[rule],
			    finding->item) +
		    nth;
	return at < result->ends[rule] && strcmp(result->items[at].id, finding->item) == 0
		       ? &result->items[at]
		       : NULL;
}

size_t ds_keep_findings(ds_result *result, bool (*keep)(void *context, const ds_finding *finding),
			void *context)
{
	size_t before = result->finding_count;
	size_t kept = 0;

	for (size_t i = 0; i < before; i++)
		if (keep(context, &result->findings[i]))
			result->findings[kept++] = result->findings[i];
	result->finding_count = kept;
	ds_count_warnings(result);
	return before - kept;
}

void ds_count_warnings(ds_result *result)
{
	result->summary.warnings = 0;
	for (size_t i = 0; i < result->finding_count; i++)
		result->summary.warnings += result->findings[i].severity == DS_WARNING;
}

/* ---- Looking at it ------------------------------------------------------ */

ds_status ds_result_status(const ds_result *result, bool strict)
{
	ds_status status = result->trouble_count ? DS_TROUBLE : DS_OK;

	/* That what was configured checks nothing is a warning. */
	if (strict && result->idle)
		status = ds_graver(status, DS_DESYNC);
	for (size_t i = 0; i < result->finding_count; i++) {
		const ds_finding *finding = &result->findings[i];
		if (finding->severity == DS_ERROR)
			status = ds_graver(status, ds_code_info(finding->code)->status);
		else if (finding->severity == DS_WARNING && strict)
			status = ds_graver(status, DS_DESYNC);
	}
	return status;
}

const ds_summary *ds_result_summary(const ds_result *result)
{
	return &result->summary;
}

const ds_finding *ds_result_finding(const ds_result *result, size_t index)
{
	return index < result->finding_count ? &result->findings[index] : NULL;
}

const ds_item_view *ds_result_item(const ds_result *result, size_t index)
{
	return index < result->item_count ? &result->items[index] : NULL;
}

const char *ds_result_trouble(const ds_result *result, size_t index)
{
	return index < result->trouble_count ? result->trouble[index] : NULL;
}

int ds_report(const ds_result *result, const ds_report_options *options, ds_write_fn write,
	      void *context, ds_error *err)
{
	ds_report_options given;
	struct ds_writer writer = {.write = write, .context = context};
	struct ds_outcome outcome = {
		.source = result->source,
		.summary = &result->summary,
		.findings = result->findings,
		.finding_count = result->finding_count,
		.items = result->items,
		.item_count = result->item_count,
		.trouble = result->trouble,
		.trouble_count = result->trouble_count,
	};

	ds_take_options(&given, sizeof given, options);
	const char *name = given.format ? given.format : "text";
	const struct ds_format *format = ds_format_find(name);
	if (!format)
		return ds_fail_path(err, DS_TROUBLE, name, "no such report format");
	writer.color = given.color;
	format->write(&writer, &outcome, &given);
	int why = ds_flush(&writer);
	ds_buf_free(&writer.pending);
	return why ? ds_fail(err, DS_TROUBLE, "the report could not be written: %s", strerror(why))
		   : 0;
}

const char *ds_version(void)
{
	return DS_VERSION;
}
