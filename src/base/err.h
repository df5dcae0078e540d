/*
 * err.h - the one way in which a call fails
 *
 * A fallible function takes a ds_error as its last parameter and returns a
 * ds_status. The function that notices the failure fills it, those above pass
 * it up as it is. The storage is the caller's, so nothing can fail here.
 */
#ifndef DS_ERR_H
#define DS_ERR_H

#include "desync.h"

/* Fills err (which may be NULL) and returns `status`, so that a caller can
 * write `return ds_fail(...)`. A message that is too long is cut. */
int ds_fail(ds_error *err, ds_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* "path: why", the path escaped: it is somebody else's bytes. */
int ds_fail_path(ds_error *err, ds_status status, const char *path, const char *why);

/* The same for memory that ran out. */
int ds_fail_memory(ds_error *err);

/* Which of two to exit with: 4 goes before 2 before 3 before 1. */
ds_status ds_graver(ds_status a, ds_status b);

#endif
