/*
 * severity.h - severities as the user wants them
 */
#ifndef DS_SEVERITY_H
#define DS_SEVERITY_H

#include "err.h"
#include "finding.h"
#include "text.h"

enum { DS_CODE_LIMIT = 64 }; /* more than there are */

struct ds_severities {
	bool given[DS_CODE_LIMIT];
	ds_severity level[DS_CODE_LIMIT];
};

/* The code of that name or alias ("C-11"), or DS_NO_CODE. */
ds_code ds_code_find(struct ds_text name);

/* Whether a finding of this code may count for less, or be let pass: not what a program
 * exits with 2 or 4 for, because then nothing is known of the rest. */
bool ds_code_may_pass(ds_code code);

/* From "CODE=LEVEL" each (error, warning or info), ended by NULL; NULL is none. Of two
 * for one code the later counts. Fails with DS_TROUBLE. */
int ds_severities_parse(struct ds_severities *out, const char *const *words, ds_error *err);

/* That of the finding itself, whoever raised it, unless the user gave one for its code. */
ds_severity ds_severity_of(const struct ds_severities *severities, const ds_finding *finding);

#endif
