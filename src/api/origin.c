#include "origin.h"

#include <stdlib.h>
#include <string.h>

#include "compared.h"
#include "err.h"
#include "pass.h"
#include "pattern.h"
#include "tree_source.h"

/* ---- What the source has to know of -------------------------------------- */

static bool is_beneath(const char *lead, const char *path)
{
	size_t len = strlen(lead);
	return strncmp(path, lead, len) == 0 && (!len || !path[len] || path[len] == '/');
}

void ds_leads_add(struct ds_leads *leads, struct ds_text prefix, struct ds_text path)
{
	ds_buf_cut(&leads->path, 0);
	ds_buf_append(&leads->path, prefix.at, prefix.len);
	ds_buf_append(&leads->path, path.at, path.len);
	if (leads->path.len && leads->path.bytes[leads->path.len - 1] == '/')
		ds_buf_cut(&leads->path, leads->path.len - 1);
	const char *added = leads->path.failed ? NULL : leads->path.bytes;
	for (size_t i = 0; added && i < leads->len; i++)
		if (is_beneath(leads->at[i], added))
			return;
	const char **at = realloc(leads->at, (leads->len + 2) * sizeof *at);
	if (at)
		leads->at = at;
	if (!at || !added ||
	    !(at[leads->len] = ds_arena_copy(&leads->strings, added, leads->path.len))) {
		leads->failed = true;
		return;
	}
	at[++leads->len] = NULL;
}

/* What begins with the item's path is among the items. */
static void add_pattern(struct ds_leads *leads, struct ds_text prefix, const char *pattern)
{
	static const char item[] = "{item}";
	if (pattern && strncmp(pattern, item, sizeof item - 1) != 0)
		ds_leads_add(leads, prefix, ds_pattern_lead(pattern));
}

void ds_leads_add_rule(struct ds_leads *leads, struct ds_text prefix, const struct ds_rule *rule)
{
	const struct ds_rollup *rollup = rule->rollups;

	add_pattern(leads, prefix, rule->items);
	for (const char *const *shelf = rule->archived; shelf && *shelf; shelf++)
		add_pattern(leads, prefix, *shelf);
	for (const struct ds_copy_rule *copy = rule->copies; copy->name; copy++)
		add_pattern(leads, prefix, copy->path);
	for (; rollup && (rollup->path || rollup->children); rollup++)
		add_pattern(leads, prefix, rollup->path);
}

void ds_leads_free(struct ds_leads *leads)
{
	free(leads->at);
	ds_arena_free(&leads->strings);
	ds_buf_free(&leads->path);
}

/* The rules that need no configuration: mostly there is none, and then their items are all
 * that has to be listed. Their markers are not, until nothing else fits. */
static int add_automatic(struct ds_leads *leads, struct ds_text prefix, ds_error *err)
{
	int status = 0;

	for (const struct ds_builtin *one = ds_builtins(); one->name && !status; one++) {
		for (const struct ds_fit *fit = one->fits;
		     one->automatic && fit && fit->in && !status; fit++) {
			struct ds_ruleset rules = {0};
			status = ds_builtin_use(&rules, one->name, fit->in, err);
			for (size_t i = 0; i < rules.count && !status; i++)
				ds_leads_add_rule(leads, prefix, rules.at[i]);
			ds_ruleset_free(&rules);
		}
	}
	return status;
}

/* The length of the directory above, with its "/"; the top has none above it. */
static size_t above(const char *prefix, size_t len)
{
	for (len--; len && prefix[len - 1] != '/';)
		len--;
	return len;
}

static int add_candidates(struct ds_leads *leads, const char *prefix, ds_error *err)
{
	static const char *const files[] = {DS_CONFIG_NAME, DS_CONFIG_FOLDER, DS_BASELINE_NAME};

	for (size_t len = strlen(prefix);; len = above(prefix, len)) {
		struct ds_text from = {prefix, len};
		for (size_t i = 0; i < sizeof files / sizeof *files; i++)
			ds_leads_add(leads, from, ds_text_of(files[i]));
		int status = add_automatic(leads, from, err);
		if (status || !len)
			return status;
	}
}

/* ---- What the rules have to know of -------------------------------------- */

/* Stands before a source while rules are loaded from it. What is not there, and not beneath
 * any lead, may be there all the same: it becomes a lead for the next time. */
struct probe {
	struct ds_source source;
	struct ds_source *behind;
	struct ds_leads *leads;
	struct ds_text prefix;
};

static void probe_read(struct ds_source *source, const char *path, const struct ds_extent *extent,
		       struct ds_blob *blob)
{
	struct probe *probe = (struct probe *)source;

	probe->behind->ops->read(probe->behind, path, extent, blob);
	if (blob->kind == DS_MISSING)
		ds_leads_add(probe->leads, probe->prefix, ds_text_of(path));
}

static int probe_list(struct ds_source *source, const char *directory, ds_entry_fn entry,
		      void *context, ds_error *err)
{
	struct probe *probe = (struct probe *)source;

	ds_leads_add(probe->leads, probe->prefix, ds_text_of(directory));
	return probe->behind->ops->list(probe->behind, directory, entry, context, err);
}

static int load(ds_repo *repo, struct ds_leads *leads, bool *found, ds_error *err)
{
	struct ds_source_ops ops = {
		.name = repo->source->ops->name, .read = probe_read, .list = probe_list};
	struct probe probe = {{&ops}, repo->source, leads, ds_text_of(repo->git.prefix)};

	return ds_load_rules(repo, &probe.source, NULL, found, err);
}

/* ---- Which root a rule fits ---------------------------------------------- */

static int open_source(ds_repo *repo, const ds_open_options *options, struct ds_leads *leads,
		       ds_error *err)
{
	if (repo->source)
		repo->source->ops->free(repo->source);
	repo->source = NULL;
	if (leads->failed)
		return ds_fail_memory(err);
	return options->origin == DS_INDEX
		       ? ds_git_index_open(&repo->source, &repo->git, leads->at, err)
		       : ds_git_revision_open(&repo->source, &repo->git, options->revision,
					      leads->at, err);
}

/* Goes up from git's prefix, and cuts it to where a root is. */
static int find_root(ds_repo *repo, struct ds_leads *leads, bool *found, ds_error *err)
{
	char *prefix = repo->git.prefix;

	for (size_t len = strlen(prefix);; len = above(prefix, len)) {
		char cut = prefix[len];
		prefix[len] = '\0';
		int status = ds_git_source_enter(repo->source, prefix, err);
		if (!status)
			status = load(repo, leads, found, err);
		if (status || *found)
			return status;
		prefix[len] = cut;
		if (!len || repo->config)
			return 0;
	}
}

enum { ROUNDS = 5 }; /* a configuration, those of its roots, what they use, what that needs */

/* What a configuration names is known only when it was read: then all is listed once more,
 * with that. A repository without one is listed once. */
static int open_and_find(ds_repo *repo, const ds_open_options *options, struct ds_leads *leads,
			 bool *found, ds_error *err)
{
	char *prefix = strdup(repo->git.prefix);
	int status = prefix ? add_candidates(leads, prefix, err) : ds_fail_memory(err);
	size_t known = 0;
	ds_error why;

	for (int round = 0; !status && round < ROUNDS && known < leads->len; round++) {
		*found = false;
		known = leads->len;
		memcpy(repo->git.prefix, prefix, strlen(prefix) + 1);
		status = open_source(repo, options, leads, err);
		if (status || !repo->source)
			break;
		int loaded = find_root(repo, leads, found, &why);
		if (loaded && (known == leads->len || round + 1 == ROUNDS))
			status = ds_fail(err, why.status, "%s", why.message);
		if (!loaded && *found && !repo->ruleset.configured) {
			leads->len = known;
			break;
		}
	}
	free(prefix);
	return status;
}

/* What its rules read is listed, too. */
static int list_items(ds_repo *repo, const ds_open_options *options, struct ds_leads *leads,
		      ds_error *err)
{
	size_t known = leads->len;

	for (size_t i = 0; i < repo->ruleset.count; i++)
		ds_leads_add_rule(leads, ds_text_of(repo->git.prefix), repo->ruleset.at[i]);
	if (leads->len == known && !leads->failed)
		return 0;
	int status = open_source(repo, options, leads, err);
	return status ? status : ds_git_source_enter(repo->source, repo->git.prefix, err);
}

static int find_rules(ds_repo *repo, const ds_open_options *options, bool *found, ds_error *err)
{
	struct ds_leads leads = {0};

	int status = open_and_find(repo, options, &leads, found, err);
	if (!status && *found)
		status = list_items(repo, options, &leads, err);
	ds_leads_free(&leads);
	return status;
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

/* Where the index has no rules: whether HEAD has, whose configuration this commit removes. A
 * gate that nothing is left for is no error, and has to say so. Before the first commit, and
 * where git cannot be asked, there is nothing to say. */
static int note_removed(const ds_repo *repo, ds_error *err)
{
	struct ds_buf name = {0};
	struct ds_buf folder = {0};
	struct ds_git_answer answer = {0};

	ds_buf_printf(&name, "%s" DS_CONFIG_NAME, repo->git.up);
	ds_buf_printf(&folder, "%s" DS_CONFIG_FOLDER, repo->git.up);
	const char *const args[] = {"diff-index",   "--cached",        "--name-only", "-z",
				    "--no-renames", "--diff-filter=D", "HEAD",        "--",
				    name.bytes,     folder.bytes,      NULL};
	struct ds_git_call call = ds_git_call_in(&repo->git, args);
	if (name.failed || folder.failed)
		ds_fail_memory(err);
	else if (ds_git_run(&answer, &call, err) || answer.status || !answer.out.len)
		ds_fail(err, DS_TROUBLE, "%s", "");
	else
		ds_fail_path(
			err, DS_OK, answer.out.bytes,
			"this commit removes it, and with it the rules: from now on nothing is "
			"checked");
	ds_git_answer_free(&answer);
	ds_buf_free(&name);
	ds_buf_free(&folder);
	return DS_TROUBLE;
}

int ds_open_kept(ds_repo *repo, const char *dir, const ds_open_options *options, ds_error *err)
{
	bool found = false;

	if (options->origin == DS_REVISION && !options->revision)
		return ds_fail(err, DS_TROUBLE, "no revision was given");
	int status = ds_git_repository_find(&repo->git, dir, err);
	/* Rules that come with no repository begin at its top, unless somebody said where. */
	if (!status && repo->config && !dir)
		*repo->git.prefix = '\0';
	if (!status)
		status = find_rules(repo, options, &found, err);
	if (!status && !found && options->origin == DS_INDEX && options->may_be_none)
		return note_removed(repo, err);
	if (!status && !found)
		return ds_fail(err, DS_TROUBLE, "%s", "");
	if (!status && options->since)
		status = compare_with(repo, options->since, err);
	if (!status)
		status = name_root(repo, err);
	ds_fail(&repo->no_place, DS_TROUBLE,
		"only what is in the worktree can be changed, not the %s",
		options->origin == DS_INDEX ? "index" : "revision");
	return status;
}
