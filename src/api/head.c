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

static int open_source(struct ds_head *out, const ds_repo *repo, ds_error *err)
{
	struct ds_leads leads = {0};
	struct ds_text prefix = ds_text_of(out->git.prefix);

	for (size_t i = 0; i < repo->ruleset.count; i++)
		if (has_copy_there(repo->ruleset.at[i]))
			ds_leads_add_rule(&leads, prefix, repo->ruleset.at[i]);
	int status = leads.failed
			     ? ds_fail_memory(err)
			     : ds_git_revision_open(&out->source, &out->git, "HEAD", leads.at, err);
	ds_leads_free(&leads);
	return status ? status : ds_git_source_enter(out->source, out->git.prefix, err);
}

int ds_head_open(struct ds_head *out, const ds_repo *repo, ds_error *err)
{
	char id[DS_GIT_HEX_ROOM] = "";
	char type;

	if (!is_asked_for(repo))
		return 0;
	int status = ds_git_repository_find(&out->git, repo->root, err);
	if (!status)
		status = ds_git_resolve(id, &type, &out->git, "HEAD", err);
	/* Before the first commit there is nothing to compare with. */
	return status || !*id ? status : open_source(out, repo, err);
}

void ds_head_close(struct ds_head *head)
{
	if (head->source)
		head->source->ops->free(head->source);
	ds_git_repository_free(&head->git);
	*head = (struct ds_head){0};
}
