/*
 * finding.h - the findings as a table, and a list of them
 */
#ifndef DS_FINDING_H
#define DS_FINDING_H

#include "desync.h"

struct ds_code_info {
	const char *name;
	const char *alias; /* or NULL */
	ds_severity severity;
	ds_status status;     /* what an error of this code makes a program exit with */
	const char *phrase;   /* behind the copy's name: "cannot be read" */
	const char *in_short; /* behind "3 items: ", where several are one line */
	const char *advice;
};

const struct ds_code_info *ds_code_info(ds_code code);

struct ds_findings {
	ds_finding *at;
	size_t len;
	size_t room;
};

/* Appends; false when memory ran out. */
bool ds_findings_add(struct ds_findings *findings, const ds_finding *finding);

/* Moves everything to the end of `into`; `from` is empty afterwards. */
bool ds_findings_absorb(struct ds_findings *into, struct ds_findings *from);

/* By rule, item, code, then the place of the first copy. */
void ds_findings_sort(struct ds_findings *findings);
void ds_findings_free(struct ds_findings *findings);

#endif
