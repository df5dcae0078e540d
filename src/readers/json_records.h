/*
 * json_records.h - whole JSON documents: whether they are any, and which records
 */
#ifndef DS_JSON_RECORDS_H
#define DS_JSON_RECORDS_H

#include "err.h"
#include "text.h"

/* 0, or DS_TROUBLE with "line:column: why" where the bytes are not JSON as
 * json_scan.h has it. */
int ds_json_check(struct ds_text bytes, ds_error *err);

/* Whether each record of the array at `path` (keys joined by dots; "" or ".": the
 * document itself) in `before` is still there in `after`; a record is known by its
 * "id", a text or a whole number. DS_DESYNC with the ids that vanished, a few of them
 * by name; an array that is gone in `after` has lost all. DS_TROUBLE where that cannot
 * be told: one of the two is not JSON, there is no such array in `before`, a key on
 * the way is there twice, a record of either has no id or two, an id is there twice,
 * or a text holds \u0000. */
int ds_json_records_kept(struct ds_text before, struct ds_text after, const char *path,
			 ds_error *err);

#endif
