/* From what each rule found to one result. */
#include "err.h"

#include <stdlib.h>
#include <string.h>

#include "demands.h"
#include "finding.h"
#include "gate.h"
#include "head.h"
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
	struct ds_buf line = {0};
	bool well = true;

	for (size_t i = 0; options->ids && i < options->id_count && well; i++) {
		ds_buf_cut(&line, 0);
		ds_escape(&line, ds_text_of(options->ids[i]));
		ds_buf_puts(&line, ": no such item: there is no rule here that has items");
		const char *kept =
			line.failed ? NULL : ds_arena_string(&result->strings, line.bytes);
		well = kept != NULL;
		if (well)
			result->trouble[result->trouble_count++] = kept;
	}
	ds_buf_free(&line);
	return well;
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
	/* What was copied need not be kept twice; items are asked for (ds_unlisted). */
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

/* One look at everything. */
struct looking {
	ds_result *result;
	const ds_repo *repo;
	const ds_scan_options *options;
	const struct ds_settler *settler;
	struct ds_memory memory;
	struct ds_source *head;
	struct ds_scan *scans; /* as many as result->scan_count */
	bool *compared;
};

static void begin_scan(struct looking *l, const struct ds_rule *rule)
{
	const ds_scan_options *options = l->options;

	l->scans[l->result->scan_count++] = (struct ds_scan){
		.rule = rule,
		.source = l->repo->source,
		.head = l->head,
		.limit = l->repo->limit,
		.where = l->repo->options.bytes,
		.all = options->all,
		.jobs = options->jobs,
		.memory = l->memory.context ? &l->memory : NULL,
	};
}

static void begin_reported(struct looking *l, const struct ds_rule *rule)
{
	struct ds_scan *scan = &l->scans[l->result->scan_count];

	begin_scan(l, rule);
	scan->ids = l->options->ids;
	scan->id_count = l->options->id_count;
	scan->qualify = l->result->rule_count < l->repo->ruleset.count;
	scan->progress = l->options->progress;
	scan->progress_context = l->options->progress_context;
	scan->settle = l->settler->settle;
	scan->settle_context = l->settler->context;
}

/* ---- Rules whose items are parts of others' ------------------------------ */

static const struct ds_rule *rule_named(const ds_repo *repo, const char *name)
{
	for (size_t i = 0; name && i < repo->ruleset.count; i++)
		if (strcmp(repo->ruleset.at[i]->name, name) == 0)
			return repo->ruleset.at[i];
	return NULL;
}

/* All of its items are needed, also where only some are asked for, or it is not at all: then
 * it is looked at beside those that are. */
static size_t scan_of(struct looking *l, const struct ds_rule *rule)
{
	for (size_t i = 0; i < l->result->scan_count; i++)
		if (l->scans[i].rule == rule && !l->scans[i].ids)
			return i;
	begin_scan(l, rule);
	return l->result->scan_count - 1;
}

static int link_children(struct looking *l, size_t which, ds_error *err)
{
	const struct ds_rule *rule = l->scans[which].rule;
	size_t count = ds_rollup_count(rule);
	size_t found = 0;

	if (!count)
		return 0;
	const struct ds_scanned **children =
		ds_arena_alloc(&l->result->strings, (count + 1) * sizeof *children);
	const struct ds_rule **rules =
		ds_arena_alloc(&l->result->strings, (count + 1) * sizeof *rules);
	if (!children || !rules)
		return ds_fail_memory(err);
	for (size_t i = 0; i < count; i++) {
		const struct ds_rule *child = rule_named(l->repo, rule->rollups[i].children);
		if (!child)
			continue;
		children[found] = &l->result->scanned[scan_of(l, child)];
		rules[found++] = child;
	}
	l->scans[which].children = children;
	l->scans[which].child_rules = rules;
	return 0;
}

/* Parts first. */
static int compare(struct looking *l, size_t which, ds_error *err)
{
	const struct ds_scan *scan = &l->scans[which];
	const struct ds_scanned *const *child = scan->children;
	int status = 0;

	if (l->compared[which])
		return 0;
	l->compared[which] = true;
	for (; child && *child && !status; child++)
		status = compare(l, (size_t)(*child - l->result->scanned), err);
	if (status)
		return status;
	if (scan->memory)
		ds_verdicts_of(scan->memory->context, scan->rule->digest);
	return ds_compare_items(scan, &l->result->scanned[which], err);
}

/* All of these files are kept while items are looked for in them, once for every rule that
 * reads them: what a configuration may take of the memory is bounded, too. */
static int read_shared(struct looking *l, ds_error *err)
{
	enum { FILES_AT_LIMIT = 8 };
	ds_result *result = l->result;
	size_t limit = l->repo->limit ? l->repo->limit : DS_FILE_LIMIT;
	size_t bytes = 0;
	int status = 0;

	for (size_t i = 0; i < result->scan_count && !status; i++) {
		/* The last one's are parsed while items are listed. */
		if (i)
			status = ds_finish_ledgers(&result->scanned[i - 1], err);
		if (!status)
			status = ds_begin_ledgers(&l->scans[i], &result->scanned[i], err);
		bytes += ds_shared_bytes(&result->scanned[i]);
		if (!status && bytes / FILES_AT_LIMIT > limit)
			status = ds_fail_path(err, DS_TROUBLE, l->scans[i].rule->name,
					      "its files that many items share, and those of the "
					      "rules before it, are too much to read at once: "
					      "choose rules with --rule, or raise --max-file-size");
	}
	return status;
}

static int compare_rules(struct looking *l, ds_error *err)
{
	ds_result *result = l->result;
	size_t reported = result->rule_count;
	int status = 0;

	for (size_t i = 0; i < reported; i++)
		begin_reported(l, l->repo->rules[i]);
	for (size_t i = 0; i < result->scan_count && !status; i++)
		status = link_children(l, i, err);
	status = read_shared(l, err);
	if (!status)
		status = ds_select_from(l->scans, result->scanned, reported, err);
	if (!status)
		status = ds_select_from(l->scans + reported, result->scanned + reported,
					result->scan_count - reported, err);
	for (size_t i = 0; i < result->scan_count && !status; i++)
		status = compare(l, i, err);
	return status;
}

/* ---- What a person should know ------------------------------------------ */

/* A gate that checks nothing has to say so. */
static bool note_idle(ds_result *result, const struct ds_rule *rule)
{
	struct ds_buf line = {0};

	ds_buf_printf(&line, "the rule %s checks nothing: ", rule->name);
	if (rule->items) {
		ds_buf_puts(&line, "no item is at ");
		ds_escape(&line, ds_text_of(rule->items));
		if (rule->file && (rule->exclude || rule->ignore))
			ds_buf_puts(&line, " that exclude and ignore leave");
	}
	for (const struct ds_copy_rule *copy = rule->copies; copy->name; copy++) {
		if (!copy->lists)
			continue;
		ds_buf_puts(&line, line.len && line.bytes[line.len - 1] == ' ' ? "" : ", and ");
		ds_escape(&line, ds_text_of(copy->path));
		ds_buf_puts(&line, " lists none");
	}
	bool well = !line.failed && ds_add_note(result, line.bytes);
	ds_buf_free(&line);
	result->summary.idle++;
	return well;
}

/* Nor may one that looks at items and has no two statuses of any. */
static bool note_incomparable(ds_result *result, const struct ds_rule *rule)
{
	struct ds_buf line = {0};

	ds_buf_printf(&line,
		      "the rule %s compares nothing: no item has a status in two of its copies",
		      rule->name);
	bool well = !line.failed && ds_add_note(result, line.bytes);
	ds_buf_free(&line);
	result->summary.idle++;
	return well;
}

static bool has_errors(const struct ds_scanned *scanned)
{
	for (size_t i = 0; i < scanned->findings.len; i++)
		if (scanned->findings.at[i].severity == DS_ERROR)
			return true;
	return false;
}

static bool is_idle(const struct ds_scanned *scanned)
{
	return !scanned->items.len && !scanned->skipped.len && !scanned->shelves_unlisted;
}

/* A single copy is what some rules are about. */
static bool is_incomparable(const struct ds_rule *rule, const struct ds_scanned *scanned)
{
	size_t copies = 0;

	for (const struct ds_copy_rule *copy = rule->copies; copy->name; copy++)
		copies += copy->from == DS_FROM_SOURCE;
	if (!scanned->items.len || copies < 2 || rule->rollups || rule->constraints)
		return false;
	for (size_t i = 0; i < scanned->items.len; i++)
		if (scanned->items.at[i].state != DS_ITEM_INCOMPLETE ||
		    scanned->items.at[i].compared)
			return false;
	return true;
}

static bool add_notes(ds_result *result, const ds_repo *repo, const ds_scan_options *options)
{
	const char *const *note = repo->ruleset.notes;
	bool well = true;

	for (; note && *note && well; note++)
		well = ds_add_note(result, *note);
	/* Without rules its loader has said so. */
	result->summary.idle += repo->ruleset.configured && !repo->ruleset.count;
	for (size_t i = 0; i < result->rule_count && well && !options->ids; i++) {
		const struct ds_scanned *scanned = &result->scanned[i];
		/* What could not be read says more than that nothing was checked. */
		bool told = has_errors(scanned);
		if (!told && is_idle(scanned))
			well = note_idle(result, repo->rules[i]);
		if (!told && is_incomparable(repo->rules[i], scanned))
			well = note_incomparable(result, repo->rules[i]);
		if (well && scanned->advice)
			well = ds_add_note(result, scanned->advice);
	}
	result->idle = repo->ruleset.configured && result->summary.idle;
	return well;
}

/* ---- All of it ---------------------------------------------------------- */

static int put_together(ds_result *result, const ds_repo *repo, const ds_scan_options *options,
			ds_error *err)
{
	if (!add_notes(result, repo, options) || !reserve(result, options) ||
	    (!result->rule_count && !refuse_ids(result, options)))
		return ds_fail_memory(err);
	add_own(result);
	for (size_t i = 0; i < result->rule_count; i++) {
		if (!add_rule(result, repo->rules[i], &result->scanned[i]))
			return ds_fail_memory(err);
		result->ends[i] = result->item_count;
	}
	return 0;
}

static int scan_rules(ds_result *result, ds_repo *repo, const ds_scan_options *options,
		      const struct ds_settler *settler, ds_error *err)
{
	size_t most = result->rule_count + repo->ruleset.count + 1;
	struct ds_verdicts *verdicts = NULL;
	struct looking l = {.result = result,
			    .repo = repo,
			    .options = options,
			    .settler = settler,
			    .scans = calloc(most, sizeof *l.scans),
			    .compared = calloc(most, sizeof *l.compared)};

	int status = l.scans && l.compared ? open_verdicts(&verdicts, repo, options, err)
					   : ds_fail_memory(err);
	l.memory = (struct ds_memory){ds_verdicts_recall, ds_verdicts_remember, verdicts};
	if (!status)
		status = ds_head_of(&l.head, repo, err);
	if (!status)
		status = compare_rules(&l, err);
	/* One that cannot be kept is only worked out again. */
	if (!status && verdicts)
		(void)ds_verdicts_save(verdicts, NULL);
	ds_verdicts_free(verdicts);
	free(l.scans);
	free(l.compared);
	return status ? status : put_together(result, repo, options, err);
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
	result->scanned =
		calloc(result->rule_count + repo->ruleset.count + 1, sizeof *result->scanned);
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
		.size = sizeof options, .ids = &id, .id_count = 1, .baseline = "", .whole = true};
	*out = NULL;
	if (!id)
		return ds_fail(err, DS_TROUBLE, "no id was given");
	return ds_scan(out, repo, &options, err);
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
