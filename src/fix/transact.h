/*
 * transact.h - a batch as one transaction
 */
#ifndef DS_TRANSACT_H
#define DS_TRANSACT_H

#include "batch.h"

/* Makes the batch's contents and commits them, and reads back what was changed. What is whose
 * fault is taken out of it, and the rest made again from what the files say then: each turn
 * leaves fewer steps, or the time that the user gave for waiting runs out. Fails only where
 * nothing of the rest of the batch was changed. */
int ds_transact(struct ds_batch *b, ds_error *err);

#endif
