/*
 * baseline.h - findings that are known and let pass
 *
 *	{
 *	  "schema_version": 1,
 *	  "findings": [
 *	    {"rule": "specweave", "item": "0047-us-task-linkage", "code": "status-mismatch",
 *	     "statuses": {"metadata.json": "completed", "spec.md": "active"},
 *	     "expires": "2027-01-31"}
 *	  ]
 *	}
 *
 * An entry fits a finding of that rule, item and code whose copies say exactly those
 * texts (a copy without a status is null): a new desync of the same item does not pass.
 * `expires` may be left out; from the day after it (in UTC) the entry lets nothing pass.
 * Unknown keys are allowed. What a program exits with 2 or 4 for is never let pass; nor is
 * an item whose id is not UTF-8, because no JSON can name it.
 *
 * A file that is not like this is refused, with the line: nothing is let pass because of
 * a mistake.
 */
#ifndef DS_BASELINE_H
#define DS_BASELINE_H

#include <time.h>

#include "desync.h"
#include "err.h"
#include "text.h"

#define DS_BASELINE_NAME ".desync-baseline.json"

struct ds_baseline;

/* `name` is what messages call the file. Fails with DS_TROUBLE. */
int ds_baseline_read(struct ds_baseline **out, struct ds_text bytes, const char *name, time_t now,
		     ds_error *err);
void ds_baseline_free(struct ds_baseline *baseline);

/* Whether the finding is let pass; marks the entry as met. */
bool ds_baseline_covers(struct ds_baseline *baseline, const ds_finding *finding);

/* Whether the item was looked at and could be judged: of others nobody knows whether what
 * the entry is about is still there. */
typedef bool (*ds_judged_fn)(void *context, const char *rule, const char *item);

/* The entries that met nothing, or have expired, one after another from 0; false past the
 * last. Appends a line for a person, escaped: where it is, what it is about, what to do. */
bool ds_baseline_stale(const struct ds_baseline *baseline, ds_judged_fn judged, void *context,
		       size_t *from, struct ds_buf *line);

/* A baseline of those of the findings that may be in one and are at least as severe as
 * `least`; how many goes to *entries. Keeps the expiry of entries of `old` (or NULL) that
 * are met again, also one in the past: a date that somebody gave is not taken back. Order and
 * form are stable, so that a diff shows what changed. False when memory ran out. */
bool ds_baseline_write(struct ds_buf *out, const ds_finding *findings, size_t count,
		       ds_severity least, const struct ds_baseline *old, size_t *entries);

#endif
