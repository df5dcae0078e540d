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
 * `expires` may be left out; from the day after it (in UTC) the entry fits no more.
 * Unknown keys are allowed. What a program exits with 2 or 4 for is never let pass.
 *
 * A file that is not like this is refused, with the line: nothing is let pass because of
 * a mistake.
 */
#ifndef DS_BASELINE_H
#define DS_BASELINE_H

#include <time.h>

#include "arena.h"
#include "desync.h"
#include "err.h"
#include "text.h"

struct ds_baseline;

/* `name` is what messages call the file. Fails with DS_TROUBLE. */
int ds_baseline_read(struct ds_baseline **out, struct ds_text bytes, const char *name, time_t now,
		     ds_error *err);
void ds_baseline_free(struct ds_baseline *baseline);

/* Whether the finding is let pass; marks the entry as met. */
bool ds_baseline_covers(struct ds_baseline *baseline, const ds_finding *finding);

/* The entries that met nothing, one after another from 0; false past the last. Of rules
 * in `rules` (ended by NULL) only: what was not looked at may still be there. `line` is a
 * sentence for a person: what it was about, and that it can be removed or has expired. */
bool ds_baseline_stale(const struct ds_baseline *baseline, const char *const *rules, size_t *from,
		       struct ds_buf *line);

/* A baseline of these findings, those that may be in one; keeps the expiry of entries of
 * `old` (or NULL) that are still met. Order and form are stable, so that a diff shows what
 * changed. False when memory ran out. */
bool ds_baseline_write(struct ds_buf *out, const ds_finding *findings, size_t count,
		       const struct ds_baseline *old);

#endif
