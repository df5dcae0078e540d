/*
 * repo.h - what the public handles hold
 */
#ifndef DS_REPO_H
#define DS_REPO_H

#include "report.h"
#include "rules.h"
#include "scan.h"
#include "source.h"

struct ds_repo {
	char *root;  /* absolute */
	char *where; /* the directory as it was given, or NULL for the current one */
	struct ds_source *source;
	const struct ds_rule **rules; /* those that fit, ended by NULL */
};

struct ds_result {
	const char *source;         /* its name */
	struct ds_scanned *scanned; /* one a rule */
	size_t rule_count;
	ds_finding *findings; /* of every rule, in order */
	size_t finding_count;
	ds_item_view *items;
	size_t item_count;
	const char **trouble;
	size_t trouble_count;
	ds_summary summary;
};

/* Copies an options struct of the caller's, of whatever version: what its `size`
 * does not cover stays zero. */
void ds_take_options(void *into, size_t size, const void *options);

#endif
