#include "origin.h"

#include <stdlib.h>
#include <string.h>

#include "compared.h"
#include "err.h"
#include "pass.h"
#include "pattern.h"
#include "tree_source.h"

/* ---- What the source has to know of -------------------------------------- */

/* Paths from git's top, ended by NULL. */
struct roots {
	const char **at;
	size_t len;
	struct ds_arena strings;
	struct ds_buf path;
};

static bool add_root(struct roots *roots, struct ds_text prefix, struct ds_text path)
{
	ds_buf_cut(&roots->path, 0);
	ds_buf_append(&roots->path, prefix.at, prefix.len);
	ds_buf_append(&roots->path, path.at, path.len);
	if (roots->path.failed)
		return false;
	for (size_t i = 0; i < roots->len; i++)
		if (strcmp(roots->at[i], roots->path.bytes) == 0)
			return true;
	const char **at = realloc(roots->at, (roots->len + 2) * sizeof *at);
	if (!at)
		return false;
	roots->at = at;
	at[roots->len] = ds_arena_copy(&roots->strings, roots->path.bytes, roots->path.len);
	if (!at[roots->len])
		return false;
	at[++roots->len] = NULL;
	return true;
}

static bool add_pattern(struct roots *roots, struct ds_text prefix, const char *pattern)
{
	return add_root(roots, prefix, ds_pattern_lead(pattern));
}

/* Everything that a scan of the rule may read. A copy whose path begins with the item's is
 * among the items. */
static bool add_rule(struct roots *roots, struct ds_text prefix, const struct ds_rule *rule)
{
	bool well = add_pattern(roots, prefix, rule->items);

	for (const char *const *shelf = rule->archived; shelf && *shelf && well; shelf++)
		well = add_pattern(roots, prefix, *shelf);
	for (const struct ds_copy_rule *copy = rule->copies; copy->name && well; copy++)
		if (strncmp(copy->path, "{item}", strlen("{item}")) != 0)
			well = add_pattern(roots, prefix, copy->path);
	return well;
}

/* The markers alone say whether a rule fits; but whoever has items needs no second list. */
static bool add_rules(struct roots *roots, struct ds_text prefix, const char *only, bool markers)
{
	bool well = true;
	for (const struct ds_rule *const *rule = ds_builtin_rules(); *rule && well; rule++) {
		if (only && strcmp(only, (*rule)->name) != 0)
			continue;
		well = markers ? add_root(roots, prefix, ds_text_of((*rule)->marker))
			       : add_rule(roots, prefix, *rule);
	}
	return well && add_root(roots, prefix, ds_text_of(DS_BASELINE_NAME));
}

/* The length of the directory above, with its "/"; the top has none above it. */
static size_t above(const char *prefix, size_t len)
{
	for (len--; len && prefix[len - 1] != '/';)
		len--;
	return len;
}

static bool add_candidates(struct roots *roots, const char *prefix, const char *only, bool markers)
{
	for (size_t len = strlen(prefix);; len = above(prefix, len)) {
		if (!add_rules(roots, (struct ds_text){prefix, len}, only, markers))
			return false;
		if (!len)
			return true;
	}
}

static void free_roots(struct roots *roots)
{
	free(roots->at);
	ds_arena_free(&roots->strings);
	ds_buf_free(&roots->path);
}

/* ---- Which root a rule fits ---------------------------------------------- */

static int open_source(ds_repo *repo, const ds_open_options *options, bool markers, ds_error *err)
{
	struct roots roots = {0};
	int status;

	if (!add_candidates(&roots, repo->git.prefix, options->rule, markers))
		status = ds_fail_memory(err);
	else if (options->origin == DS_INDEX)
		status = ds_git_index_open(&repo->source, &repo->git, roots.at, err);
	else
		status = ds_git_revision_open(&repo->source, &repo->git, options->revision,
					      roots.at, err);
	free_roots(&roots);
	return status;
}

/* Goes up from git's prefix, and cuts it to where a rule fits. */
static int find_root(ds_repo *repo, const char *only, size_t *count, ds_error *err)
{
	char *prefix = repo->git.prefix;

	for (size_t len = strlen(prefix);; len = above(prefix, len)) {
		char cut = prefix[len];
		prefix[len] = '\0';
		int status = ds_git_source_enter(repo->source, prefix, err);
		if (!status)
			status = ds_fit_rules(repo, only, count, err);
		if (status || *count)
			return status;
		prefix[len] = cut;
		if (!len)
			return 0;
	}
}

static int open_and_find(ds_repo *repo, const ds_open_options *options, size_t *count,
			 ds_error *err)
{
	for (int markers = 0; markers < 2; markers++) {
		int status = open_source(repo, options, markers, err);
		if (!status)
			status = find_root(repo, options->rule, count, err);
		if (status || *count)
			return status;
		repo->source->ops->free(repo->source);
		repo->source = NULL;
	}
	return 0;
}

/* Without its last "/". */
static int name_root(ds_repo *repo, ds_error *err)
{
	const char *top = repo->git.top ? repo->git.top : repo->git.git_dir;
	struct ds_buf path = {0};

	ds_buf_printf(&path, "%s/%s", top, repo->git.prefix);
	if (path.failed)
		return ds_fail_memory(err);
	ds_buf_cut(&path, path.len - 1);
	repo->root = path.bytes;
	return 0;
}

/* An id may be of what was never fetched; any other word is somebody's, and may be wrong. */
static int compare_with(ds_repo *repo, const char *since, ds_error *err)
{
	char id[DS_GIT_HEX_ROOM];
	char type;
	size_t hex = strspn(since, "0123456789abcdef");

	if (*since && (since[hex] || hex != 2 * repo->git.id_size)) {
		int status = ds_git_resolve(id, &type, &repo->git, since, err);
		if (status)
			return status;
		if (!*id)
			return ds_fail_path(err, DS_TROUBLE, since,
					    "no revision of this repository to compare with");
	}
	return ds_git_source_compare_with(repo->source, since, err);
}

int ds_open_kept(ds_repo *repo, const char *dir, const ds_open_options *options, ds_error *err)
{
	size_t count = 0;

	if (options->origin == DS_REVISION && !options->revision)
		return ds_fail(err, DS_TROUBLE, "no revision was given");
	int status = ds_git_repository_find(&repo->git, dir, err);
	if (!status)
		status = open_and_find(repo, options, &count, err);
	if (!status && !count) {
		ds_fail(err, DS_TROUBLE, "%s", "");
		return DS_TROUBLE;
	}
	if (!status && options->since)
		status = compare_with(repo, options->since, err);
	if (!status)
		status = name_root(repo, err);
	ds_fail(&repo->no_place, DS_TROUBLE,
		"only what is in the worktree can be changed, not the %s",
		options->origin == DS_INDEX ? "index" : "revision");
	return status;
}
