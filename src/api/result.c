/* From what each rule found to one result. */
#include "err.h"

#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "finding.h"
#include "gate.h"
#include "pass.h"
#include "repo.h"
#include "verdicts.h"
#include "worktree.h"

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

static bool reserve(ds_result *result)
{
	size_t findings = result->own.len;
	size_t items = 0;
	size_t trouble = 1; /* ds_let_pass may have some */

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

static void add_own(ds_result *result)
{
	for (size_t i = 0; i < result->own.len; i++)
		result->findings[result->finding_count++] = result->own.at[i];
}

static bool add_rule(ds_result *result, const struct ds_rule *rule, struct ds_scanned *scanned)
{
	for (size_t i = 0; i < scanned->items.len; i++) {
		view_item(&result->items[result->item_count++], rule, &scanned->items.at[i]);
		count_item(&result->summary, (ds_item_state)scanned->items.at[i].state);
	}
	for (size_t i = 0; i < scanned->findings.len; i++) {
		result->findings[result->finding_count++] = scanned->findings.at[i];
		result->summary.warnings += scanned->findings.at[i].severity == DS_WARNING;
	}
	for (size_t i = 0; i < scanned->trouble_count; i++)
		result->trouble[result->trouble_count++] = scanned->trouble[i];
	/* What was copied need not be kept twice. */
	ds_items_free(&scanned->items);
	ds_findings_free(&scanned->findings);
	return count_skipped(&result->summary, scanned);
}

/* Nothing of ours is put into a bare repository. NULL without an error: no memory. */
static int open_verdicts(struct ds_verdicts **out, const ds_repo *repo,
			 const ds_scan_options *options, ds_error *err)
{
	*out = NULL;
	return repo->origin != DS_WORKTREE && options->keep_verdicts && !repo->git.bare
		       ? ds_verdicts_open(out, repo->git.common_dir, err)
		       : 0;
}

static void ask_about(struct ds_verdicts *verdicts, const struct ds_rule *rule)
{
	unsigned char digest[32];

	if (!verdicts)
		return;
	ds_rule_digest(rule, digest);
	ds_verdicts_of(verdicts, digest);
}

static int compare_rules(ds_result *result, const ds_repo *repo, const ds_scan_options *options,
			 const struct ds_settler *settler, struct ds_verdicts *verdicts,
			 ds_error *err)
{
	struct ds_memory memory = {ds_verdicts_recall, ds_verdicts_remember, verdicts};

	for (size_t i = 0; i < result->rule_count; i++) {
		struct ds_scan scan = {
			.rule = repo->rules[i],
			.source = repo->source,
			.where = repo->where,
			.ids = options->ids,
			.id_count = options->id_count,
			.all = options->all,
			.jobs = options->jobs,
			.progress = options->progress,
			.progress_context = options->progress_context,
			.memory = verdicts ? &memory : NULL,
			.settle = settler->settle,
			.settle_context = settler->context,
		};
		ask_about(verdicts, repo->rules[i]);
		int status = ds_scan_rule(&scan, &result->scanned[i], err);
		if (status)
			return status;
	}
	return 0;
}

static int scan_rules(ds_result *result, const ds_repo *repo, const ds_scan_options *options,
		      const struct ds_settler *settler, ds_error *err)
{
	struct ds_verdicts *verdicts;

	int status = open_verdicts(&verdicts, repo, options, err);
	if (!status)
		status = compare_rules(result, repo, options, settler, verdicts, err);
	/* One that cannot be kept is only worked out again. */
	if (!status && verdicts)
		(void)ds_verdicts_save(verdicts, NULL);
	ds_verdicts_free(verdicts);
	if (status)
		return status;
	if (!reserve(result))
		return ds_fail_memory(err);
	add_own(result);
	for (size_t i = 0; i < result->rule_count; i++) {
		if (!add_rule(result, repo->rules[i], &result->scanned[i]))
			return ds_fail_memory(err);
		result->ends[i] = result->item_count;
	}
	return 0;
}

/* One look at all of it; *out is made in any case but for memory. */
static int look(ds_result **out, ds_repo *repo, const ds_scan_options *options,
		const struct ds_settler *settler, bool *interrupted, ds_error *err)
{
	struct ds_interrupted found = {0};
	ds_result *result = *out = calloc(1, sizeof *result);

	if (!result) {
		ds_fail_memory(err);
		return DS_TROUBLE;
	}
	if (settler->begin)
		settler->begin(settler->context);
	while (repo->rules[result->rule_count])
		result->rule_count++;
	result->source = repo->source->ops->name;
	result->scanned = calloc(result->rule_count + 1, sizeof *result->scanned);
	result->ends = calloc(result->rule_count + 1, sizeof *result->ends);
	if (!result->scanned || !result->ends)
		return ds_fail_memory(err);
	int status = ds_look_for_interrupted(&found, repo, err);
	if (!status && !ds_report_interrupted(result, repo, &found))
		status = ds_fail_memory(err);
	if (!status)
		status = scan_rules(result, repo, options, settler, err);
	*interrupted = found.found;
	ds_forget_interrupted(&found, repo);
	return status;
}

/* Whether a writer was cut short while we looked: then what looks like a desync may be
 * half of its change. */
static int was_cut_short(bool *cut_short, ds_repo *repo, ds_error *err)
{
	struct ds_interrupted found;
	int status = ds_look_for_interrupted(&found, repo, err);
	*cut_short = found.found;
	ds_forget_interrupted(&found, repo);
	return status;
}

int ds_scan_settling(ds_result **out, ds_repo *repo, const ds_scan_options *options,
		     const struct ds_settler *settler, ds_error *err)
{
	bool interrupted = false;
	bool again = false;

	int status = look(out, repo, options, settler, &interrupted, err);
	if (!status && !interrupted && (*out)->summary.desync)
		status = was_cut_short(&again, repo, err);
	if (!status && again) {
		ds_result_free(*out);
		status = look(out, repo, options, settler, &interrupted, err);
	}
	if (status) {
		ds_result_free(*out);
		*out = NULL;
		return status;
	}
	(*out)->summary.unlocked = ds_worktree_was_unlocked(repo->source);
	return 0;
}

int ds_scan(ds_result **out, ds_repo *repo, const ds_scan_options *options, ds_error *err)
{
	static const struct ds_settler nobody = {0};
	ds_scan_options given;

	ds_take_options(&given, sizeof given, options);
	int status = ds_scan_settling(out, repo, &given, &nobody, err);
	if (!status)
		status = ds_leave_known(*out, repo, err);
	if (!status)
		status = ds_raise_removed(*out, repo, err);
	if (!status)
		status = ds_let_pass(*out, repo, &given, err);
	if (!status)
		status = ds_leave_untouched(*out, repo, given.gate, err);
	if (!status)
		status = ds_advise(*out, repo, err);
	if (!status)
		return 0;
	ds_result_free(*out);
	*out = NULL;
	return status;
}

int ds_check(ds_result **out, ds_repo *repo, const char *id, ds_error *err)
{
	/* A done gate lets nothing pass. */
	ds_scan_options options = {
		.size = sizeof options, .ids = &id, .id_count = 1, .baseline = ""};
	*out = NULL;
	if (!id)
		return ds_fail(err, DS_TROUBLE, "no id was given");
	return ds_scan(out, repo, &options, err);
}

void ds_result_free(ds_result *result)
{
	if (!result)
		return;
	for (size_t i = 0; result->scanned && i < result->rule_count; i++)
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

/* ---- Looking at it ------------------------------------------------------ */

ds_status ds_result_status(const ds_result *result, bool strict)
{
	ds_status status = result->trouble_count ? DS_TROUBLE : DS_OK;
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
