/* From a directory to the root that a rule fits. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "err.h"
#include "origin.h"
#include "worktree.h"

enum { LOCK_WAIT_MS = 10 * 1000 };

void ds_take_options(void *into, size_t size, const void *options)
{
	size_t given = 0;
	memset(into, 0, size);
	if (options)
		memcpy(&given, options, sizeof given);
	if (given)
		memcpy(into, options, given < size ? given : size);
}

static bool is_there(struct ds_source *source, const char *path)
{
	struct ds_blob blob = {0};
	source->ops->read(source, path, NULL, &blob);
	bool there = blob.kind != DS_MISSING;
	ds_blob_free(&blob);
	return there;
}

int ds_fit_rules(ds_repo *repo, const char *only, size_t *count, ds_error *err)
{
	const struct ds_rule *const *all = ds_builtin_rules();
	size_t known = 0;

	*count = 0;
	while (all[known])
		known++;
	free(repo->rules);
	repo->rules = calloc(known + 1, sizeof *repo->rules);
	if (!repo->rules)
		return ds_fail_memory(err);
	for (size_t i = 0; i < known; i++)
		if ((!only || strcmp(only, all[i]->name) == 0) &&
		    is_there(repo->source, all[i]->marker))
			repo->rules[(*count)++] = all[i];
	return 0;
}

static int check_rule_name(const char *name, ds_error *err)
{
	struct ds_buf why = {0};

	ds_buf_puts(&why, "no such rule; there is:");
	for (const struct ds_rule *const *rule = ds_builtin_rules(); *rule; rule++) {
		if (!name || strcmp(name, (*rule)->name) == 0) {
			ds_buf_free(&why);
			return 0;
		}
		ds_buf_printf(&why, " %s", (*rule)->name);
	}
	int status =
		why.failed ? ds_fail_memory(err) : ds_fail_path(err, DS_TROUBLE, name, why.bytes);
	ds_buf_free(&why);
	return status;
}

/* Whether the walk up must not leave this directory: it is the top of a git
 * worktree, or what is above lies on another device, or nothing is above. */
static bool is_top(struct ds_source *source, const char *dir)
{
	struct stat here;
	struct stat above;
	struct ds_buf parent = {0};
	bool top = true;

	if (is_there(source, ".git"))
		return true;
	ds_buf_printf(&parent, "%s/..", dir);
	if (!parent.failed && stat(dir, &here) == 0 && stat(parent.bytes, &above) == 0)
		top = here.st_dev != above.st_dev || here.st_ino == above.st_ino;
	ds_buf_free(&parent);
	return top;
}

static void go_up(char *dir)
{
	char *slash = strrchr(dir, '/');
	slash[slash == dir ? 1 : 0] = '\0';
}

/* repo->root is where the walk begins, and where it ends. */
static int walk_up(ds_repo *repo, const char *only, ds_error *err)
{
	size_t count;

	for (;;) {
		int status = ds_worktree_open(&repo->source, repo->root, err);
		if (!status)
			status = ds_fit_rules(repo, only, &count, err);
		if (status || count)
			return status;
		if (is_top(repo->source, repo->root))
			return ds_fail(err, DS_TROUBLE, "%s", "");
		repo->source->ops->free(repo->source);
		repo->source = NULL;
		go_up(repo->root);
	}
}

/* What the origin is called, where something is not in it. */
static const char *name_origin(const ds_open_options *options)
{
	switch (options->origin) {
	case DS_INDEX:
		return " in the index";
	case DS_REVISION:
		return " in that revision";
	default:
		return "";
	}
}

static void fail_no_rule(const char *start, const ds_open_options *options, ds_error *err)
{
	const char *only = options->rule;
	struct ds_buf why = {0};

	ds_buf_printf(&why, "%s here%s, nor above it in the same worktree (looked for:",
		      only ? "the rule does not fit" : "no rule fits", name_origin(options));
	for (const struct ds_rule *const *rule = ds_builtin_rules(); *rule; rule++)
		if (!only || strcmp(only, (*rule)->name) == 0)
			ds_buf_printf(&why, " %s", (*rule)->marker);
	ds_buf_puts(&why, "); go into a repository that has it, or name one with -C DIR");
	if (why.failed)
		ds_fail_memory(err);
	else
		ds_fail_path(err, DS_TROUBLE, start, why.bytes);
	ds_buf_free(&why);
}

static int start_at(ds_repo *repo, const char *dir, ds_error *err)
{
	struct stat st;

	repo->root = realpath(dir, NULL);
	if (!repo->root || stat(repo->root, &st) != 0)
		return ds_fail_path(err, DS_TROUBLE, dir, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return ds_fail_path(err, DS_TROUBLE, dir, strerror(ENOTDIR));
	if (access(repo->root, R_OK | X_OK) != 0)
		return ds_fail_path(err, DS_TROUBLE, dir, strerror(errno));
	return 0;
}

/* A reader does without a place, and so without a lock; a writer says why it has none. */
static int find_place(ds_repo *repo, ds_error *err)
{
	if (ds_place_find(&repo->place, repo->root, repo->root, &repo->no_place) == 0)
		return ds_worktree_guard(repo->source, repo->root, &repo->place, LOCK_WAIT_MS, err);
	ds_place_free(&repo->place);
	return 0;
}

/* DS_TROUBLE with an empty message where no rule fits. */
static int open_files(ds_repo *repo, const char *dir, const ds_open_options *options, ds_error *err)
{
	int status = start_at(repo, dir, err);
	if (!status)
		status = walk_up(repo, options->rule, err);
	return status ? status : find_place(repo, err);
}

static int open_any(ds_repo *repo, const char *dir, const ds_open_options *options, ds_error *err)
{
	bool here = !dir || strcmp(dir, ".") == 0;

	if (!here && !(repo->where = strdup(dir)))
		return ds_fail_memory(err);
	if (options->known_in && !(repo->known_in = strdup(options->known_in)))
		return ds_fail_memory(err);
	repo->origin = options->origin;
	return options->origin == DS_WORKTREE ? open_files(repo, dir ? dir : ".", options, err)
					      : ds_open_kept(repo, here ? NULL : dir, options, err);
}

int ds_open(ds_repo **out, const char *dir, const ds_open_options *options, ds_error *err)
{
	ds_open_options given;
	ds_error why = {0};

	*out = NULL;
	ds_take_options(&given, sizeof given, options);
	int status = check_rule_name(given.rule, err);
	if (status)
		return status;
	ds_repo *repo = calloc(1, sizeof *repo);
	if (!repo)
		return ds_fail_memory(err);
	status = open_any(repo, dir, &given, &why);
	if (!status) {
		*out = repo;
		return 0;
	}
	ds_close(repo);
	if (*why.message)
		return ds_fail(err, why.status, "%s", why.message);
	if (given.may_be_none)
		return 0;
	fail_no_rule(dir ? dir : ".", &given, err);
	return status;
}

void ds_close(ds_repo *repo)
{
	if (!repo)
		return;
	if (repo->source)
		repo->source->ops->free(repo->source);
	ds_place_free(&repo->place);
	ds_git_repository_free(&repo->git);
	free(repo->rules);
	free(repo->root);
	free(repo->where);
	free(repo->known_in);
	free(repo);
}
