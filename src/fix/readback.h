/*
 * readback.h - whether what was committed is there
 *
 * No step counts as done before its files were read again and judged. What looks wrong may be
 * half of somebody's next change, so it is read once more while no writer is at work; where one
 * of our programs has set the file back since, it need not hold what we wrote.
 */
#ifndef DS_READBACK_H
#define DS_READBACK_H

#include "batch.h"

/* Reads what the batch changed, and judges what is not there. */
void ds_read_back(struct ds_batch *b);

#endif
