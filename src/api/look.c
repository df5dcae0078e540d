/*
 * One look at everything: what a scan is, whatever comes of it.
 *
 * The files that many items share are read first, for all rules; then the items are chosen,
 * which may need those; then rules are compared one by one, after those whose items are parts
 * of theirs. If a writer was cut short while we looked, all of it is done once more.
 */
#include <stdlib.h>
#include <string.h>

#include "demands.h"
#include "gate.h"
#include "head.h"
#include "pass.h"
#include "result.h"
#include "verdicts.h"
#include "worktree.h"

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

/* ---- All rules, once -------------------------------------------------------- */

/* Nothing of ours is put into a bare repository. NULL without an error: no memory. */
static int open_verdicts(struct ds_verdicts **out, const ds_repo *repo,
			 const ds_scan_options *options, ds_error *err)
{
	*out = NULL;
	return repo->origin != DS_WORKTREE && options->keep_verdicts && !repo->git.bare
		       ? ds_verdicts_open(out, repo->git.common_dir, err)
		       : 0;
}

static int put_together(ds_result *result, const ds_repo *repo, const ds_scan_options *options,
			bool plan, ds_error *err)
{
	bool whole = !plan && !options->ids;

	return (!whole || ds_report_dropped(result, repo)) && ds_add_notes(result, repo, options) &&
			       ds_result_fill(result, repo, options)
		       ? 0
		       : ds_fail_memory(err);
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
	return status ? status : put_together(result, repo, options, settler->settle != NULL, err);
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

/* ---- What callers see ------------------------------------------------------- */

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
