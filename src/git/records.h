/*
 * records.h - what git's plumbing lists, taken as it comes
 */
#ifndef DS_GIT_RECORDS_H
#define DS_GIT_RECORDS_H

#include "repository.h"

/* One of `--raw -z`, ":100644 100644 <id> <id> M", or of `--stage -z`, "100644 <id> 0"; and
 * the path, which ends with a NUL. Both live as long as the call. Returns 0, or a ds_status that
 * ends the list. */
typedef int (*ds_git_record_fn)(void *context, struct ds_text meta, struct ds_text path,
				ds_error *err);

/* A tree, or the index where `to` is NULL, against the tree `from`: each record beneath the
 * roots (paths from the top, up to a NULL; none: everything). Fails with DS_TROUBLE and
 * git's word, or what `each` returned. Nothing of a list that broke off must be used. */
int ds_git_records(const struct ds_git_repository *repository, const char *from, const char *to,
		   const char *const *roots, ds_git_record_fn each, void *context, ds_error *err);

/* The index alone, in half the time: all that is in it, each side of a merge, and what is
 * only intended, which looks like an empty file. */
int ds_git_stages(const struct ds_git_repository *repository, const char *const *roots,
		  ds_git_record_fn each, void *context, ds_error *err);

#endif
