/*
 * pass.h - what the user's severities and the baseline leave of a scan
 */
#ifndef DS_PASS_H
#define DS_PASS_H

#include "baseline.h"
#include "result.h"

/* Sets the severities that the options give, takes the findings away that the baseline
 * lets pass, counts them, and notes the entries that fit nothing any more. Not for plans:
 * a repair settles what a baseline only lets pass. */
int ds_let_pass(ds_result *result, ds_repo *repo, const ds_scan_options *options, ds_error *err);

#endif
