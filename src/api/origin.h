/*
 * origin.h - a repository handle on what git keeps: the index, or a revision
 *
 * What is judged does not come from the worktree, and neither does where its root is:
 * beginning with the directory that the caller is in, and upwards to git's top, the first
 * one that is a root in the index (or the revision).
 */
#ifndef DS_ORIGIN_H
#define DS_ORIGIN_H

#include "repo.h"

/* Fills git, source, root and ruleset of the handle. DS_TROUBLE with an empty message where
 * no rule fits. */
int ds_open_kept(ds_repo *repo, const char *dir, const ds_open_options *options, ds_error *err);

/* Paths from git's top: what a source has to know of. */
struct ds_leads {
	const char **at; /* ended by NULL, unless it is NULL */
	size_t len;
	struct ds_arena strings;
	struct ds_buf path;
	bool failed;
};

void ds_leads_add(struct ds_leads *leads, struct ds_text prefix, struct ds_text path);

/* Everything that a scan of the rule may read. */
void ds_leads_add_rule(struct ds_leads *leads, struct ds_text prefix, const struct ds_rule *rule);
void ds_leads_free(struct ds_leads *leads);

#endif
