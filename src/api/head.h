/*
 * head.h - git's HEAD beside the worktree, for rules that compare with it
 *
 * An item is what the files list. What only HEAD has is none: it is nowhere compared, and said
 * here.
 */
#ifndef DS_API_HEAD_H
#define DS_API_HEAD_H

#include "result.h"

/* Opens it the first time, where a rule has a copy there, files are what is judged, and there
 * is a commit; else *out is NULL. It belongs to the handle, and stays what it was. */
int ds_head_of(struct ds_source **out, ds_repo *repo, ds_error *err);

/* Adds a finding for each record of HEAD that is in the same file no more, though that lists
 * the items; and a note where HEAD has no such file at all. False when memory ran out. */
bool ds_report_dropped(ds_result *result, const ds_repo *repo);

#endif
