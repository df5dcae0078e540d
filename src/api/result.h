/*
 * result.h - what a scan found
 *
 * look.c looks; result.c puts together what each rule found, and is asked for it; notes.c adds
 * what a person should know beside it. Whatever comes behind (gate.h, pass.h) takes findings
 * away, or changes them where they are. Findings are in order of rule, item and code, the items
 * of each rule in order of their ids.
 */
#ifndef DS_RESULT_H
#define DS_RESULT_H

#include "repo.h"
#include "scan.h"

struct ds_result {
	const char *source;         /* its name */
	struct ds_scanned *scanned; /* one a rule, then those that were only looked at for others */
	size_t rule_count;
	size_t scan_count;
	size_t *ends;            /* one a rule: the first of `items` that is not its */
	struct ds_findings own;  /* those of no rule */
	struct ds_arena strings; /* theirs */
	ds_finding *findings;    /* of every rule, in order */
	size_t finding_count;
	ds_item_view *items;
	size_t item_count;
	const char **trouble; /* there is room for one more */
	size_t trouble_count;
	ds_summary summary;
	bool idle; /* what somebody configured checks nothing */
};

/* ---- Looking -------------------------------------------------------------- */

/* Who settles what a scan finds; see struct ds_scan. */
struct ds_settler {
	void (*begin)(void *context); /* forgets what it settled: all is looked at again */
	unsigned (*settle)(void *context, struct ds_desk *desk, const struct ds_item *item);
	void *context;
};

/* ds_scan with whole options, for a plan: the result has only what is not settled. */
int ds_scan_settling(ds_result **out, ds_repo *repo, const ds_scan_options *options,
		     const struct ds_settler *settler, ds_error *err);

/* Adds the finding of a change that was cut short, where there is one; false when memory ran
 * out. */
bool ds_report_interrupted(ds_result *result, const ds_repo *repo,
			   const struct ds_interrupted *interrupted);

/* ---- Putting it together -------------------------------------------------- */

/* From what is in `scanned` and `own`: the findings, the items, the counts. False when memory
 * ran out. */
bool ds_result_fill(ds_result *result, const ds_repo *repo, const ds_scan_options *options);

/* Adds a line to the notes of the summary; those that a scan itself has to make. False when
 * memory ran out. */
bool ds_add_note(ds_result *result, const char *line);
bool ds_add_notes(ds_result *result, const ds_repo *repo, const ds_scan_options *options);

/* ---- Its findings --------------------------------------------------------- */

/* The rule of the finding, and the item that it is about (the nth of those with that id);
 * NULL where there is none. */
const struct ds_rule *ds_rule_of(const ds_repo *repo, const ds_finding *finding);
const ds_item_view *ds_item_of(const ds_result *result, const ds_repo *repo,
			       const ds_finding *finding, size_t nth);

/* Drops the findings that are not to be kept: the number dropped. */
size_t ds_keep_findings(ds_result *result, bool (*keep)(void *context, const ds_finding *finding),
			void *context);

/* After severities have changed. */
void ds_count_warnings(ds_result *result);

#endif
