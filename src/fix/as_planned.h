/*
 * as_planned.h - whether a step is still what was planned, and shown
 *
 * Between the plan and its work anybody may have changed the files. The repair is worked out
 * anew from what the item's copies say now, as they lie on the bench: only where it is the
 * same one may it be made. It is a conflict if not, trouble where it cannot be told, and done
 * where somebody else did it meanwhile.
 */
#ifndef DS_AS_PLANNED_H
#define DS_AS_PLANNED_H

#include "bench.h"

/* Leaves the step's state as it is where all is as planned, else sets it, and why. Of an undo
 * only what was shown is looked at: its edits are compared one by one as they are made. Fails
 * for want of memory. */
int ds_check_as_planned(struct ds_bench *bench, struct ds_planned *planned, ds_error *err);

#endif
