/*
 * compose.h - what becomes of a text that was put together in a buffer
 *
 * Each of these ends it: the buffer is freed, and one that failed is memory that ran out.
 */
#ifndef DS_COMPOSE_H
#define DS_COMPOSE_H

#include "arena.h"
#include "buf.h"
#include "err.h"

/* Kept in the arena; NULL when memory ran out. */
const char *ds_keep_line(struct ds_arena *strings, struct ds_buf *line);

/* Why something failed, as ds_fail_path has it; without a path, the line alone. */
int ds_fail_line(ds_error *err, ds_status status, const char *path, struct ds_buf *line);

/* Handed out whole. */
int ds_write_out(struct ds_buf *text, ds_write_fn write, void *context, ds_error *err);

#endif
