#include "head.h"

#include <string.h>

#include "compared.h"
#include "origin.h"
#include "pattern.h"
#include "tree_source.h"

static bool has_copy_there(const struct ds_rule *rule)
{
	for (const struct ds_copy_rule *copy = rule->copies; copy->name; copy++)
		if (copy->from == DS_FROM_HEAD)
			return true;
	return false;
}

static bool is_asked_for(const ds_repo *repo)
{
	for (size_t i = 0; i < repo->ruleset.count; i++)
		if (has_copy_there(repo->ruleset.at[i]))
			return repo->origin == DS_WORKTREE && repo->place.in_git;
	return false;
}

static int open_source(ds_repo *repo, ds_error *err)
{
	struct ds_leads leads = {0};
	const char *prefix = repo->head_git.prefix;

	for (size_t i = 0; i < repo->ruleset.count; i++)
		if (has_copy_there(repo->ruleset.at[i]))
			ds_leads_add_rule(&leads, ds_text_of(prefix), repo->ruleset.at[i]);
	int status = leads.failed ? ds_fail_memory(err)
				  : ds_git_revision_open(&repo->head, &repo->head_git, "HEAD",
							 leads.at, err);
	ds_leads_free(&leads);
	return status ? status : ds_git_source_enter(repo->head, prefix, err);
}

int ds_head_of(struct ds_source **out, ds_repo *repo, ds_error *err)
{
	char id[DS_GIT_HEX_ROOM] = "";
	char type;
	int status = 0;

	/* Before the first commit there is nothing to compare with. */
	if (!repo->head_git.git_dir && is_asked_for(repo)) {
		status = ds_git_repository_find(&repo->head_git, repo->root, err);
		if (!status)
			status = ds_git_resolve(id, &type, &repo->head_git, "HEAD", err);
		if (!status && *id)
			status = open_source(repo, err);
	}
	*out = repo->head;
	return status;
}
