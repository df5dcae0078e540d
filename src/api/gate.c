#include "gate.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "err.h"
#include "finding.h"
#include "pattern.h"
#include "tree_source.h"

/* ---- Known --------------------------------------------------------------- */

static bool keep_none(void *context, const ds_finding *finding)
{
	(void)context;
	(void)finding;
	return false;
}

/* It is asked only where the answer matters. */
int ds_leave_known(ds_result *result, ds_repo *repo, ds_error *err)
{
	bool news = true;

	if (!repo->known_in || !result->finding_count)
		return 0;
	int status = ds_git_source_compare_with_known(repo->source, repo->source->ops->name,
						      repo->known_in, &news, err);
	if (!status && !news)
		ds_keep_findings(result, keep_none, NULL);
	return status;
}

/* ---- Touched ------------------------------------------------------------- */

struct change {
	const char *path;
	unsigned from; /* the bits of the parents that it differs from */
};

struct changes {
	const ds_result *result;
	const ds_repo *repo;
	struct ds_arena strings;
	struct change *at; /* sorted by their paths */
	size_t count;
	size_t room;
	unsigned all;
	struct ds_buf path;
	bool failed;
};

static int add_change(void *context, const char *path, unsigned from, unsigned all)
{
	struct changes *changes = context;

	if (!ds_grow(&changes->at, &changes->room, changes->count, sizeof *changes->at))
		return ds_fail_memory(NULL);
	char *kept = ds_arena_string(&changes->strings, path);
	if (!kept)
		return ds_fail_memory(NULL);
	changes->at[changes->count++] = (struct change){kept, from};
	changes->all = all;
	return 0;
}

static int compare_paths(const void *left, const void *right)
{
	return strcmp(((const struct change *)left)->path, ((const struct change *)right)->path);
}

/* One change for each path. */
static void join_changes(struct changes *changes)
{
	size_t kept = 0;

	if (changes->count)
		qsort(changes->at, changes->count, sizeof *changes->at, compare_paths);
	for (size_t i = 0; i < changes->count; i++) {
		if (kept && compare_paths(&changes->at[kept - 1], &changes->at[i]) == 0)
			changes->at[kept - 1].from |= changes->at[i].from;
		else
			changes->at[kept++] = changes->at[i];
	}
	changes->count = kept;
}

static unsigned from_of(const struct changes *changes, const char *path)
{
	struct change wanted = {.path = path};
	const struct change *found = changes->count ? bsearch(&wanted, changes->at, changes->count,
							      sizeof wanted, compare_paths)
						    : NULL;
	return found ? found->from : 0;
}

/* Of a copy in any of several files: those that changed. */
static unsigned from_any(const struct changes *changes, const char *pattern)
{
	unsigned from = 0;
	for (size_t i = 0; i < changes->count; i++)
		if (ds_pattern_match(pattern, ds_text_of(changes->at[i].path), NULL))
			from |= changes->at[i].from;
	return from;
}

/* The item differs from a parent if one of its copies does, and is touched if it differs
 * from each: two copies that a merge took from two sides may never have met before. A copy in
 * a file of many items differs if that file does: which of them were changed is not asked. */
static bool is_item_touched(struct changes *changes, const struct ds_rule *rule,
			    const ds_item_view *item)
{
	unsigned from = 0;

	for (int i = 0; rule->copies[i].name; i++) {
		ds_buf_cut(&changes->path, 0);
		switch (ds_copy_path(&changes->path, rule, i, item->path, item->id)) {
		case DS_PATH_MADE:
			from |= from_of(changes, changes->path.bytes);
			break;
		case DS_PATH_OPEN:
			from |= rule->copies[i].many ? from_any(changes, rule->copies[i].path) : 0;
			break;
		default:
			changes->failed = true;
		}
	}
	return from && from == changes->all;
}

/* What is about no single item stays. */
static bool is_touched(void *context, const ds_finding *finding)
{
	struct changes *changes = context;
	const struct ds_rule *rule = ds_rule_of(changes->repo, finding);
	const ds_item_view *item;
	size_t nth = 0;

	while (rule && (item = ds_item_of(changes->result, changes->repo, finding, nth))) {
		if (is_item_touched(changes, rule, item))
			return true;
		nth++;
	}
	return nth == 0;
}

static int drop_untouched(ds_result *result, ds_repo *repo, ds_error *err)
{
	struct changes changes = {.result = result, .repo = repo};
	struct ds_buf line = {0};

	int status = ds_git_source_changes(repo->source, add_change, &changes, err);
	if (!status) {
		join_changes(&changes);
		size_t dropped = ds_keep_findings(result, is_touched, &changes);
		ds_buf_printf(&line,
			      "the gate looks at what the change touches: %zu finding%s of other "
			      "items left out",
			      dropped, dropped == 1 ? "" : "s");
		if (changes.failed || line.failed || (dropped && !ds_add_note(result, line.bytes)))
			status = ds_fail_memory(err);
	}
	ds_buf_free(&line);
	ds_buf_free(&changes.path);
	ds_arena_free(&changes.strings);
	free(changes.at);
	return status;
}

/* "all", "touched", or whatever else it says; empty where it says nothing. */
static int read_gate(struct ds_buf *word, const ds_repo *repo, ds_error *err)
{
	const char *const args[] = {"config", "--get", "desync.gate", NULL};
	struct ds_git_answer answer = {0};
	struct ds_git_call call = ds_git_call_in(&repo->git, args);

	int status = ds_git_run(&answer, &call, err);
	struct ds_text said = ds_text_trim((struct ds_text){answer.out.bytes, answer.out.len});
	if (!status && answer.status > 1)
		status = ds_git_complain(&answer, args[0], err);
	else if (!status && !ds_buf_append(word, said.at, said.len))
		status = ds_fail_memory(err);
	ds_git_answer_free(&answer);
	return status;
}

static int check_gate(const char *word, ds_error *err)
{
	return strcmp(word, "all") == 0 || strcmp(word, "touched") == 0
		       ? 0
		       : ds_fail_path(err, DS_TROUBLE, word,
				      "no way to judge: the gate (desync.gate) is all or touched");
}

/* The configuration is asked only where the answer matters: it costs a call of git. */
int ds_leave_untouched(ds_result *result, ds_repo *repo, const char *gate, ds_error *err)
{
	struct ds_buf word = {0};
	int status = gate ? check_gate(gate, err) : 0;

	if (status || repo->origin == DS_WORKTREE || !result->finding_count)
		return status;
	if (!gate)
		status = read_gate(&word, repo, err);
	if (!status && word.len)
		status = check_gate(word.bytes, err);
	if (!status && strcmp(gate ? gate : word.len ? word.bytes : "all", "touched") == 0)
		status = drop_untouched(result, repo, err);
	ds_buf_free(&word);
	return status;
}
