/* From a directory to the root, and from there to its rules. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "beneath.h"
#include "compose.h"
#include "file.h"
#include "origin.h"
#include "where.h"
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

/* ---- The rules ---------------------------------------------------------- */

int ds_load_rules(ds_repo *repo, struct ds_source *source,
		  int (*trust)(void *context, const char *path, ds_error *err), bool *found,
		  ds_error *err)
{
	struct ds_load load = {.source = source, .trust = trust, .context = repo};

	if (repo->config) {
		load.config =
			(struct ds_text){repo->config_bytes.bytes ? repo->config_bytes.bytes : "",
					 repo->config_bytes.len};
		load.config_name = repo->config;
	}
	ds_ruleset_free(&repo->ruleset);
	int status = ds_rules_load(&repo->ruleset, &load, err);
	*found = repo->ruleset.configured || repo->ruleset.count;
	return status;
}

/* Somebody else's configuration would decide what our gate lets pass. What cannot be
 * opened is left to the source: it says why. */
static int trust_owner(void *context, const char *path, ds_error *err)
{
	const ds_repo *repo = context;
	struct stat st;
	int root = open(repo->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = root < 0 ? -1 : ds_open_beneath(root, path, 0);
	bool foreign = fd >= 0 && fstat(fd, &st) == 0 && st.st_uid != geteuid() && st.st_uid != 0;

	/* Only looked at: nothing to lose. */
	if (fd >= 0)
		close(fd);
	if (root >= 0)
		close(root);
	return foreign ? ds_fail_path(
				 err, DS_TROUBLE, path,
				 "belongs to another user, and is not trusted: make it yours, or "
				 "name a configuration with --config FILE")
		       : 0;
}

/* Those of the best fit: a whole name, or else what rules of several roots are called. */
static size_t choose(ds_repo *repo, const char *only)
{
	enum ds_rule_fit best = DS_RULE_OTHER;
	size_t count = 0;

	for (size_t i = 0; i < repo->ruleset.count; i++) {
		const struct ds_rule *rule = repo->ruleset.at[i];
		enum ds_rule_fit fit = only ? ds_rule_fit(rule, ds_text_of(only)) : DS_RULE_BARE;
		if (fit == DS_RULE_OTHER || fit < best)
			continue;
		count = fit > best ? 0 : count;
		best = fit;
		repo->rules[count++] = rule;
	}
	repo->rules[count] = NULL;
	return count;
}

enum { NAMES_SHOWN = 10 };

static int choose_rules(ds_repo *repo, const char *only, ds_error *err)
{
	struct ds_buf why = {0};
	size_t count = repo->ruleset.count;

	repo->rules = calloc(count + 1, sizeof *repo->rules);
	if (!repo->rules)
		return ds_fail_memory(err);
	if (choose(repo, only) || !only)
		return 0;
	ds_buf_puts(&why, count ? "no such rule; there is:" : "no such rule, nor any other");
	for (size_t i = 0; i < count && i < NAMES_SHOWN; i++)
		ds_buf_printf(&why, " %s", repo->ruleset.at[i]->name);
	if (count > NAMES_SHOWN)
		ds_buf_printf(&why, " and %zu more", count - NAMES_SHOWN);
	return ds_fail_line(err, DS_TROUBLE, only, &why);
}

static int read_config(ds_repo *repo, const char *file, ds_error *err)
{
	repo->config = strdup(file);
	return repo->config ? ds_read_whole(&repo->config_bytes, file, file, err)
			    : ds_fail_memory(err);
}

/* ---- The root ----------------------------------------------------------- */

/* Whether the walk up must not leave this directory: it is the top of a git
 * worktree, or what is above lies on another device, or nothing is above. */
static bool is_top(struct ds_source *source, const char *dir)
{
	struct stat here;
	struct stat above;
	struct ds_buf parent = {0};
	bool top = true;

	if (ds_is_there(source, ".git"))
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

/* repo->root is where the walk begins, and where it ends: at a root; or, where the rules come
 * with no repository, at once, or at the top if nobody said where. */
static int walk_up(ds_repo *repo, bool *found, ds_error *err)
{
	for (;;) {
		int status = ds_worktree_open(&repo->source, repo->root, err);
		bool top = !status && is_top(repo->source, repo->root);
		*found = false;
		if (!status && (!repo->config || repo->where || top))
			status = ds_load_rules(repo, repo->source, trust_owner, found, err);
		if (status || *found || top)
			return status;
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

static int fail_no_rule(const char *start, const ds_open_options *options, ds_error *err)
{
	struct ds_buf why = {0};

	ds_buf_printf(&why,
		      "no rule fits here%s, nor above it in the same worktree (looked "
		      "for: " DS_CONFIG_NAME " " DS_CONFIG_FOLDER,
		      name_origin(options));
	for (const struct ds_builtin *one = ds_builtins(); one->name; one++)
		for (const struct ds_fit *fit = one->fits; one->automatic && fit && fit->in; fit++)
			ds_buf_printf(&why, " %s%s", fit->in, fit->marker);
	ds_buf_puts(&why, "); desync-init proposes one, -C DIR names another repository");
	return ds_fail_line(err, DS_TROUBLE, start, &why);
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
static int open_files(ds_repo *repo, const char *dir, ds_error *err)
{
	bool found = false;
	int status = start_at(repo, dir, err);
	if (!status)
		status = walk_up(repo, &found, err);
	if (!status && !found)
		return ds_fail(err, DS_TROUBLE, "%s", "");
	return status ? status : find_place(repo, err);
}

/* The directory itself, where nothing above looks like a root. */
static int open_without_rules(ds_repo *repo, const char *dir, ds_error *err)
{
	struct ds_buf root = {0};
	int status = start_at(repo, dir, err);

	if (!status && ds_where_root(&root, repo->root)) {
		free(repo->root);
		repo->root = root.bytes;
		root = (struct ds_buf){0};
	}
	if (!status && root.failed)
		status = ds_fail_memory(err);
	ds_buf_free(&root);
	if (!status)
		status = ds_worktree_open(&repo->source, repo->root, err);
	return status ? status : find_place(repo, err);
}

static bool add_option(struct ds_buf *options, const char *name, const char *value)
{
	if (!value)
		return true;
	ds_buf_printf(options, "%s ", name);
	ds_shell_quote(options, ds_text_of(value));
	return ds_buf_puts(options, " ") && !options->failed;
}

/* As a person would have given it: "20M". */
static bool add_limit(struct ds_buf *options, size_t limit)
{
	static const char units[] = {'\0', 'K', 'M', 'G'};
	size_t unit = 0;

	for (; limit && limit % 1024 == 0 && unit + 1 < sizeof units; unit++)
		limit /= 1024;
	if (limit)
		ds_buf_printf(options, "--max-file-size %zu%.1s ", limit, &units[unit]);
	return !options->failed;
}

static int open_any(ds_repo *repo, const char *dir, const ds_open_options *options, ds_error *err)
{
	bool here = !dir || strcmp(dir, ".") == 0;

	if (!here && !(repo->where = strdup(dir)))
		return ds_fail_memory(err);
	if (options->known_in && !(repo->known_in = strdup(options->known_in)))
		return ds_fail_memory(err);
	if (!add_option(&repo->options, "-C", repo->where) ||
	    !add_option(&repo->options, "--config", options->config) ||
	    !add_limit(&repo->options, options->file_limit))
		return ds_fail_memory(err);
	repo->origin = options->origin;
	repo->limit = options->file_limit;
	int status = options->config ? read_config(repo, options->config, err) : 0;
	if (options->no_rules)
		status = open_without_rules(repo, dir ? dir : ".", err);
	else if (!status && options->origin == DS_WORKTREE)
		status = open_files(repo, dir ? dir : ".", err);
	else if (!status)
		status = ds_open_kept(repo, here ? NULL : dir, options, err);
	return status ? status : choose_rules(repo, options->no_rules ? NULL : options->rule, err);
}

int ds_open(ds_repo **out, const char *dir, const ds_open_options *options, ds_error *err)
{
	ds_open_options given;
	ds_error why = {0};

	*out = NULL;
	ds_take_options(&given, sizeof given, options);
	ds_repo *repo = calloc(1, sizeof *repo);
	if (!repo)
		return ds_fail_memory(err);
	int status = open_any(repo, dir, &given, &why);
	if (!status) {
		*out = repo;
		return 0;
	}
	ds_close(repo);
	if (*why.message)
		return ds_fail(err, why.status, "%s", why.message);
	if (given.may_be_none)
		return ds_fail(err, DS_OK, "%s", "");
	return fail_no_rule(dir ? dir : ".", &given, err);
}

static int open_text(ds_repo *repo, const char *root, const char *where, const struct ds_buf *text,
		     ds_error *err)
{
	bool found;

	repo->config = strdup(DS_CONFIG_NAME);
	repo->where = where ? strdup(where) : NULL;
	if (!repo->config || (where && !repo->where) ||
	    !ds_buf_append(&repo->config_bytes, text->bytes, text->len) ||
	    !add_option(&repo->options, "-C", where))
		return ds_fail_memory(err);
	int status = start_at(repo, root, err);
	if (!status)
		status = ds_worktree_open(&repo->source, repo->root, err);
	if (!status)
		status = ds_load_rules(repo, repo->source, trust_owner, &found, err);
	if (!status)
		status = find_place(repo, err);
	return status ? status : choose_rules(repo, NULL, err);
}

int ds_open_text(ds_repo **out, const char *root, const char *where, const struct ds_buf *text,
		 ds_error *err)
{
	ds_repo *repo = *out = calloc(1, sizeof *repo);
	int status = repo ? open_text(repo, root, where, text, err) : ds_fail_memory(err);

	if (status) {
		ds_close(repo);
		*out = NULL;
	}
	return status;
}

void ds_close(ds_repo *repo)
{
	if (!repo)
		return;
	if (repo->source)
		repo->source->ops->free(repo->source);
	if (repo->head)
		repo->head->ops->free(repo->head);
	ds_place_free(&repo->place);
	ds_git_repository_free(&repo->git);
	ds_git_repository_free(&repo->head_git);
	free(repo->rules);
	ds_ruleset_free(&repo->ruleset);
	ds_buf_free(&repo->config_bytes);
	free(repo->config);
	free(repo->root);
	free(repo->where);
	ds_buf_free(&repo->options);
	free(repo->known_in);
	free(repo);
}
