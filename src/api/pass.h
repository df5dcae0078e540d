/*
 * pass.h - what is let pass, and how grave the rest is
 */
#ifndef DS_PASS_H
#define DS_PASS_H

#include "repo.h"

/* Read from what is judged, where the options name no other. */
#define DS_BASELINE_NAME ".desync-baseline.json"

/* Gives findings the severities that the options ask for, and drops those that the baseline
 * covers; what it has too much is a note. */
int ds_let_pass(ds_result *result, ds_repo *repo, const ds_scan_options *options, ds_error *err);

#endif
